"""Cards to test with: one blank, one personalised by the issuer's own commands."""

from datetime import date

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys, derive_card_keys
from honnin.card.transport.in_process import InProcess
from tests.support.card.certificates import Authority
from tests.support.card.desk import PINS, SELECT_JPKI, Desk, exchange
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool
from tests.support.card.numbers import CARD_NUMBER


@pytest.fixture(scope="session")
def key_pool() -> KeyPool:
    return KeyPool()


@pytest.fixture(scope="session")
def authority(key_pool: KeyPool) -> Authority:
    return Authority.create(key_pool(), "Throw-away CA")


@pytest.fixture(scope="session")
def static_keys() -> StaticKeys:
    return derive_card_keys(bytes(range(32)), CARD_NUMBER)


@pytest.fixture(scope="session")
def blank_state(static_keys: StaticKeys) -> CardState:
    return blank_card(CARD_NUMBER, static_keys, date(2035, 3, 31))


@pytest.fixture(scope="session")
def issued_state(
    blank_state: CardState, static_keys: StaticKeys, authority: Authority, key_pool: KeyPool
) -> CardState:
    """A card with both certificates and both PINs."""
    card = Card(blank_state, FaultyStore(blank_state), generate_key=key_pool)
    transport = InProcess(card)
    for slot in KeySlot:
        Desk(transport, static_keys).issue(slot, authority, f"TEST {slot.value}")
        Desk(transport, static_keys).set_pin(slot, PINS[slot])
    return card.state


@pytest.fixture
def store(issued_state: CardState) -> FaultyStore:
    return FaultyStore(issued_state)


@pytest.fixture
def card(issued_state: CardState, store: FaultyStore, key_pool: KeyPool) -> Card:
    """A personalised card with the JPKI application selected."""
    card = Card(issued_state, store, generate_key=key_pool)
    assert exchange(card, SELECT_JPKI) == "9000"
    return card


@pytest.fixture
def blank(blank_state: CardState, key_pool: KeyPool) -> Card:
    """A card from the factory, nothing selected."""
    return Card(blank_state, FaultyStore(blank_state), generate_key=key_pool)
