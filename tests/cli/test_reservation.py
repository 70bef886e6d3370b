"""`honnin reservation`: a reservation is made with a test card, asked for, cancelled."""

import json
import os
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.conf import LazySettings

from honnin.agency.reservations.models import Reservation
from honnin.card.transport.card_file import CardFile
from honnin.cli import reservation
from tests.cli.json_shapes import differences, shapes
from tests.support.card.conversations import complete
from tests.support.console import Console
from tests.support.town import Holder

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def card(console: Console) -> str:
    """The file of a card with both certificates."""
    holder: Holder = complete(console.town, certificates=True)
    path = console.cards / f"{holder.card.state.card_number}.json"
    CardFile.create(path, holder.card.state).close()
    return str(path)


def run(*arguments: str, pin: str = "") -> Result:
    reading, writing = os.pipe()
    os.write(writing, f"{pin}\n".encode())
    os.close(writing)
    more = ("--pin-fd", str(reading)) if pin else ()
    try:
        return CliRunner().invoke(reservation.command, [*arguments, *more])
    finally:
        os.close(reading)


def as_json(*arguments: str, pin: str = "") -> Any:
    ended = run(*arguments, "--json", pin=pin)
    assert ended.exception is None, ended.exception
    fields = json.loads(ended.stdout)
    assert differences(fields, shapes()[f"honnin reservation {arguments[0]}"]) == []
    return fields


def test_a_reservation_is_made_asked_for_and_cancelled(card: str, console: Console) -> None:
    made = run("make", card, "--slot", "signature", pin="1234")
    number = made.stdout.strip()
    assert (made.exception, len(number)) == (None, 32), made.exception
    assert "No face was compared" in made.stderr
    assert Reservation.objects.get().face_module == "none: a test card, no face compared"
    assert "reserved" in run("status", number).stdout
    assert "cancelled" in run("cancel", number).stdout
    other = as_json("make", card, "--slot", "authentication", pin="ABC123")
    assert (other["pin"], other["state"]) == ("user_authentication", "reserved")
    assert as_json("status", other["number"]) == other
    assert as_json("cancel", other["number"])["state"] == "cancelled"


def test_a_wrong_pin_and_an_unknown_number_reserve_nothing(card: str) -> None:
    assert "E_PIN_WRONG" in str(run("make", card, "--slot", "signature", pin="0000").exception)
    assert "E_RESERVATION_OVER" in str(run("status", "0" * 32).exception)
    assert not Reservation.objects.exclude(reserved_at=None).exists()


def test_on_a_production_deployment_nothing_is_reserved(card: str, settings: LazySettings) -> None:
    settings.HONNIN_IS_TEST = False
    assert "E_RESERVATION_FACE_NEEDED" in str(run("make", card, "--slot", "signature", pin="1234").exception)
    assert not Reservation.objects.exists()
