"""受付窓口: the clerk's screens, and what a clerk does at them.

`procedures` are what can be done, each declared once; below them `residents`, `applications`, `cards` and
`guards` have what procedures share. The counter relays sealed commands between the agency and the card; it
sees no key and keeps no PIN. What the law refuses is decided by `honnin.law`, for the screen and for the act
alike.
"""
