"""A card that is reported lost, and one that was tried with wrong PINs."""

import pytest

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from tests.support.console import Console


def lost(console: Console, resident: Resident) -> None:
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())


def wrong_pins(console: Console, card: str, times: int) -> None:
    with CardFile.open(console.cards / f"{card}.json") as file:
        session = CardSession(InProcess(file.card))
        session.select_jpki()
        for _ in range(times):
            with pytest.raises(CardError, match=r"E_PIN_WRONG|E_PIN_LOCKED"):
                session.verify_pin(KeySlot.AUTHENTICATION, Pin("0000"), use_last_try=True)
