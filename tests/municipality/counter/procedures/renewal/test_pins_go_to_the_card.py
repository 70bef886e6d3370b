"""The PINs of a renewal go through the clerk's entry to the card, and stand nowhere else: no page, no log at
any level, no database, no session, no file, and no memory when the request is over.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from honnin.card.transport.card_file import CardFile
from honnin.console.entered.unsent import mark, opened
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.pin import Pin
from honnin.simulator.brought import BY_PROXY
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug
from tests.support.agency.unplugged import Unplugged
from tests.support.console import Console, codes
from tests.support.databases.contents import everything_in_every_database
from tests.support.servers.memory import holders_of

pytestmark = pytest.mark.django_db(databases="__all__")

BACKWARDS = {"signature": "7xq7xq7xq", "user_authentication": "1９3７", "resident_register": "４3２1"}
"""What is typed, in small and in full-width letters, and backwards: so it does not stand here."""


def typed(*wrong: str) -> dict[str, str]:
    return {
        f"{kind}_known": ("8" + pin[1:] if kind in wrong else pin)[::-1] for kind, pin in BACKWARDS.items()
    }


def needles() -> list[str]:
    """As they are typed, right and wrong; and the one that appears nowhere by chance as the card has it."""
    right = [pin[::-1] for pin in BACKWARDS.values()]
    wrong = typed("signature")["signature_known"]
    return [*right, right[0].upper(), wrong, wrong.upper()]


def due(console: Console) -> tuple[str, str]:
    """A renewal by proxy of somebody with these PINs, its envelope opened: its number and the card's."""
    town = console.town
    holder = town.give_complete_card(town.move_in())
    pins = {purpose: Pin(BACKWARDS[purpose][::-1]) for purpose in Purpose}
    brought = town.issue(town.approved(holder.resident), holder.reader(), pins)
    number = holder.card.state.card_number
    CardFile.create(console.cards / f"{number}.json", holder.card.state).close()
    town.clock.move_to(
        datetime.combine(min(each.expiry_date for each in brought) - timedelta(30), time(3), UTC)
    )
    found = town.received_renewal(holder.resident, **BY_PROXY)
    town.approve(found)
    envelope.open_envelope(found, town.clerk("jiro"), clerk=town.clerk(), at=town.clock.now())
    return found.number, number


def sent(client: Client, number: str, **fields: str) -> tuple[str, str]:
    """Where it leads, and everything that is answered on the way: addresses, headers and pages."""
    done = client.post(reverse("counter:renew", args=[number]), fields)
    where = done.headers.get("Location", "")
    answers = [done] if not where else [done, client.get(where)]
    return where, "\n".join(f"{dict(each.items())} {each.content.decode()}" for each in answers)


def files(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        yield from (each.read_bytes() for each in folder.rglob("*") if each.is_file())


def while_the_agency_is_silent(console: Console, send: Callable[[], str]) -> str:
    plug("agency", Unplugged())
    shown = send()
    connect_in_process(console.town.clock)
    return shown


def carried_by(client: Client, number: str, card: str, **fields: str) -> str:
    """What the page of signing in carries of a form that was sent after its session had ended."""
    drawn_for = mark(User.objects.get())
    done = client.post(
        reverse("counter:renew", args=[number]), fields | {"card": card, "drawn_for": drawn_for}
    )
    found = re.search(r'name="unsent" value="([^"]+)"', done.content.decode())
    assert found
    return str(opened(done.wsgi_request, found[1]))


def signed_out(client: Client) -> Client:
    """The same browser, whose session has ended meanwhile."""
    client.logout()
    return client


@pytest.mark.clause("S3-P2", "S3-P5")
def test_the_pins_of_a_form_stand_on_the_card_and_nowhere_else(
    console: Console, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    number, card = due(console)
    client = console.clerk()
    _, missing = sent(client, number, **typed() | {"signature_known": ""}, card=card)
    assert "Enter the PIN." in missing
    where, malformed = sent(client, number, **typed() | {"user_authentication_known": "123"}, card=card)
    _, elsewhere = sent(client, number, **typed(), card="")
    unanswered = [
        while_the_agency_is_silent(console, lambda: sent(client, number, **typed(), card=card)[1]),
        sent(client, number, **typed(), card=card, switch_language="ja")[1],
        carried_by(signed_out(client), number, card, **typed()),
    ]
    client = console.clerk()
    where, mismatched = sent(client, number, **typed("signature"), card=card)
    assert "E_PIN_MISMATCH_INQUIRY" in codes(mismatched)
    assert Application.objects.get(number=number).details["pins"]["signature"] == "mismatched"
    printed = capfd.readouterr()
    told = [
        missing,
        malformed,
        *unanswered,
        where,
        elsewhere,
        mismatched,
        caplog.text,
        printed.out,
        printed.err,
    ]
    kept = [*(each.encode() for each in told), *everything_in_every_database(), *files(settings.HOME.root)]
    assert len(kept) > 100
    found = needles()
    assert [each for each in kept if any(needle.encode() in each for needle in found)] == []
    assert list(holders_of(found)) == []
