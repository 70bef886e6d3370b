"""The IC card: what ISO/IEC 7816 and the public facts about the number card say, as a card without a body.

`Card` turns command bytes into response bytes and has a small durable state that changes atomically; it
does no input or output (only `card.transport` does). `CardSession` is the other side: what a client asks
of a card over any transport. `issuing` and `secure_channel` are the issuer's side, end to end.

The room refuses to know law or people: it sees two key slots, files, PINs and keys. It is a test card.
"""
