"""What kinds of card there are: one data file for each, read by `honnin.card.kinds.declaration`."""
