"""What the tests of several commands begin with."""

from pathlib import Path

import pytest

from honnin.card.transport.card_file import CardFile
from tests.support.pki import cards


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """The file of a card with both certificates, in an empty folder."""
    path = tmp_path / "card.json"
    CardFile.create(path, cards.card()[0].state).close()
    return path
