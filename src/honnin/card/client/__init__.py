"""The other side of a card: what everybody who uses one asks of it, over any transport."""
