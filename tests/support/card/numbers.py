"""The number of the card that tests use."""

from honnin.identifiers import CardNumber

CARD_NUMBER = CardNumber("TEST00000000001")
