"""A real reader for the tests with middleware that nobody here wrote.

Without root or the programs the tests are skipped, except when HONNIN_REQUIRE_CONFORMANCE is 1.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.identifiers import CardNumber
from tests.support.card.certificates import Authority
from tests.support.card.desk import PINS, Desk
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool
from tests.support.card.reader import VirtualReader, missing, require, running_reader


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the files; all that use the machine's card reader stay in one of them."""
    for item in items:
        if item.get_closest_marker("conformance") is not None:
            in_reader = "reader" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("reader" if in_reader else item.path.name))


@pytest.fixture(scope="session")
def reader() -> Iterator[VirtualReader]:
    require(missing())
    with running_reader() as reader:
        yield reader


@pytest.fixture(scope="session")
def key_pool() -> KeyPool:
    return KeyPool()


@pytest.fixture(scope="session")
def authority(key_pool: KeyPool) -> Authority:
    return Authority.create(key_pool(), "Throw-away CA")


@pytest.fixture(scope="session")
def states(authority: Authority, key_pool: KeyPool) -> tuple[CardState, CardState]:
    """Two cards with both certificates and the same PINs, of two persons."""
    first, second = (_personalised(number, authority, key_pool) for number in ("TEST1", "TEST2"))
    return first, second


def _personalised(number: str, authority: Authority, key_pool: KeyPool) -> CardState:
    keys = derive_card_keys(bytes(32), CardNumber(number))
    state = blank_card(CardNumber(number), keys, date(2035, 3, 31))
    card = Card(state, FaultyStore(state), generate_key=key_pool)
    for slot in KeySlot:
        Desk(InProcess(card), keys).issue(slot, authority, f"{number} {slot.value}")
        Desk(InProcess(card), keys).set_pin(slot, PINS[slot])
    return card.state


@pytest.fixture
def card_file(tmp_path: Path, states: tuple[CardState, CardState]) -> Path:
    """The first card, in a file of its own."""
    path = tmp_path / "card.json"
    CardFile.create(path, states[0]).close()
    return path


@pytest.fixture
def card(states: tuple[CardState, CardState]) -> Card:
    return Card(states[0], FaultyStore(states[0]))
