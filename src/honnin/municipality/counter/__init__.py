"""受付窓口: the clerk's screens – applications, evidence, examination, issuing onto a card.

The counter relays sealed commands between the agency and the card; it sees no key and keeps no PIN.
What the law refuses is decided by `honnin.law`, for the screen and for the act alike.
"""
