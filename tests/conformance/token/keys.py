"""The card and the key of these tests."""

from honnin.identifiers import CardNumber

NUMBER = CardNumber("TEST00000000001")
KEY = bytes(range(32))
