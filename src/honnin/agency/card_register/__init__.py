"""The cards that the agency produced: their numbers, validity and keys, and the sealed way to each.

The card keys are derived from one master key and never leave this room but inside a card.
"""
