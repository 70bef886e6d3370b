"""PINs typed at the kiosk go to the card, and stand nowhere else: in no page, log, database, session or file,
and in no memory when the request is over.
"""

from pathlib import Path

import pytest
from django.conf import settings as installation

from honnin.pin import Pin
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug
from honnin.wire.messages.card_updates import SLOT
from tests.support.agency.kiosk_pages import Kiosk, at, shown
from tests.support.agency.kiosks import KNOWN
from tests.support.agency.unplugged import Unplugged
from tests.support.databases.contents import everything_in_every_database
from tests.support.servers.memory import holders_of

pytestmark = pytest.mark.django_db(databases="__all__")
BACKWARDS = ("7373", "8qw8qw8", "6zx6zx6")
"""The PIN that is known, the new one, and one that differs the second time, so that none stands here."""


def test_the_pins_of_a_reset_stand_on_the_card_and_nowhere_else(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    known, new, other = (each[::-1] for each in BACKWARDS)
    with kiosk.in_reader() as session:
        session.change_pin(SLOT[KNOWN[kiosk.pin]], Pin(kiosk.known()), Pin(known))
    pages = [kiosk.place()]
    plug("agency", Unplugged())
    pages += [kiosk.enter(known)]
    connect_in_process(installation.HONNIN_CLOCK)
    pages += [kiosk.enter(known[::-1] + "0"), kiosk.enter(known), kiosk.choose(new, other)]
    plug("agency", Unplugged())
    pages += [kiosk.choose(new), kiosk.post("new/", new_pin=new, new_pin_again=new, switch_language="ja")]
    connect_in_process(installation.HONNIN_CLOCK)
    pages += [kiosk.choose(new)]
    assert at(pages[-1]) == "/kiosk/receipt/"
    printed = capfd.readouterr()
    answers = [f"{each.redirect_chain} {dict(each.items())} {shown(each)}" for each in pages]
    written = [*answers, caplog.text, printed.out, printed.err]
    home: Path = installation.HOME.root
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    kept = [*(each.encode() for each in written), *everything_in_every_database(), *files]
    assert len(kept) > 100
    found = [new, new.upper(), other, other.upper()]
    assert [each for each in kept if any(needle.encode() in each for needle in found)] == []
    assert [each for each in written if f'"{known}"' in each or f">{known}<" in each] == []
    assert list(holders_of(found)) == []
    assert kiosk.opens(new.upper())
