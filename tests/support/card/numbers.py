"""The number of the card that tests use."""

CARD_NUMBER = "TEST00000000001"
