"""The files of known bytes."""

from tests.card.known.juki_card import JUKI_CARD
from tests.card.known.number_card import NUMBER_CARD

KNOWN = {"number-card": NUMBER_CARD, "juki-card": JUKI_CARD}
