"""A companion with a card in a file, and somebody who speaks to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from honnin.card.transport.card_file import CardFile
from honnin.clock import FixedClock
from tests.support.pki import cards, specimen
from tests.support.servers.companion import Client, Companion, card_in, running_companion


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(specimen.NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the card."""
    path = tmp_path / "card.json"
    CardFile.create(path, cards.card()[0].state).close()
    return path


@pytest.fixture
def companion(path: Path, clock: FixedClock) -> Iterator[Companion]:
    with running_companion(card_in(path), clock) as running:
        yield running


@pytest.fixture
def client(companion: Companion) -> Client:
    """The user's own browser, as far as its secret goes."""
    return Client(companion).connected()


@pytest.fixture
def stranger(companion: Companion) -> Client:
    """Whoever has no secret."""
    return Client(companion)
