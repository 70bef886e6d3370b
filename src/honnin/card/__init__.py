"""The IC card: what ISO/IEC 7816 and the public facts about the number card say, as a card without a body.

`chip` turns command bytes into response bytes and has a small durable state that changes atomically; it does
no input or output (only `transport` does). `client` is the other side: what everybody who uses a card asks of
it. `issuer` is what only the issuer says and knows, end to end. `kinds` declares what cards consist of.

The room refuses to know law or people: it sees two key slots, files, PINs and keys. It is a test card.
"""
