"""What is publicly known of the cards, written out by hand as bytes, and our card held against it.

Nothing in `rows`, `number_card`, `juki_card` and `scripts` is taken from the card's declaration, nor made by
our encoders, so that a mistake there is a failure here. Each row begins with the keys of who published it, as
docs/reference/card.md explains them; OURS is what nobody did.
"""
