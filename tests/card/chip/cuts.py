"""Operations of a card that may be cut, and the cards for them."""

from honnin.card.kinds.declaration import kinds
from honnin.card.scp03 import derive_card_keys
from tests.support.card.cards import CARD_NUMBER, full_card, with_tries
from tests.support.card.operations import operations
from tests.support.card.small_keys import authority, small_keys

KEYS = derive_card_keys(bytes(range(32)), CARD_NUMBER)


CARDS = {name: with_tries(full_card(name, KEYS, small_keys(), authority()), 2) for name in kinds()}


CASES = [(kind, name) for kind, card in CARDS.items() for name in operations(card)]
