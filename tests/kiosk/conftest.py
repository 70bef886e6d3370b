"""The kiosk's pages over a town, with a holder's card in the reader."""

import pytest

from honnin.card.transport.card_file import CardFile
from honnin.clock import JAPAN
from tests.support.agency.kiosk_pages import Kiosk
from tests.support.agency.kiosks import reserve
from tests.support.card.conversations import complete
from tests.support.console import Console


@pytest.fixture
def unreserved(console: Console) -> Kiosk:
    """A card in the kiosk's reader at noon, and no reservation."""
    town = console.town
    holder = complete(town, certificates=True)
    town.clock.move_to(town.clock.now().astimezone(JAPAN).replace(hour=12, minute=0))
    kiosk = Kiosk(console, holder)
    CardFile.create(kiosk.card, holder.card.state).close()
    return kiosk


@pytest.fixture
def kiosk(unreserved: Kiosk) -> Kiosk:
    """The same, with a reservation for the signature password."""
    reserve(unreserved.console.town, unreserved.holder)
    return unreserved
