"""A reserved PIN is set at the kiosk, page by page, also where the line or the card is away for a while."""

from datetime import datetime
from itertools import product

import pytest
from django.conf import settings as installation

from honnin.clock import JAPAN
from honnin.errors import CardError
from honnin.law.cards.pins import PinKind
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug, plugged
from tests.support.agency.broken_lines import CutLine
from tests.support.agency.kiosk_pages import NEW, Kiosk, at, refused, shown
from tests.support.agency.kiosks import KNOWN, reserve
from tests.support.agency.unplugged import Unplugged

pytestmark = pytest.mark.django_db(databases="__all__")
MOST = 12


@pytest.mark.clause("S2-2.3", "S2-K1", "S2-K4", "S2-K5", "S2-K8a")
@pytest.mark.parametrize("pin", KNOWN)
def test_a_reserved_pin_is_set_and_works(unreserved: Kiosk, pin: PinKind) -> None:
    kiosk = unreserved
    kiosk.pin = pin
    reserve(kiosk.console.town, kiosk.holder, pin)
    assert "6:30–23:00" in kiosk.get()
    placed = kiosk.place()
    tries = 3 if pin is PinKind.SIGNATURE else 5
    assert (at(placed), f"<strong>{tries} tries</strong>" in shown(placed)) == ("/kiosk/known/", True)
    assert at(kiosk.enter()) == "/kiosk/new/"
    done = kiosk.choose()
    assert at(done) == "/kiosk/receipt/"
    assert "Free of charge" in shown(done)
    assert "The PIN that you entered first counts" not in shown(done)
    assert kiosk.opens(NEW[pin])
    assert at(kiosk.choose()) == "/kiosk/receipt/"  # a second click
    assert "Which PIN do you want to reset?" in kiosk.leave()
    assert kiosk.get("receipt/").count("receipt") == 0  # nothing of the attempt is left
    assert refused(kiosk.place()) == ["E_RESERVATION_USED"]


def test_a_new_pin_that_is_none_or_typed_twice_otherwise_is_typed_again(kiosk: Kiosk) -> None:
    kiosk.place()
    kiosk.enter()
    assert "at least one letter and one digit" in shown(kiosk.choose("ABC"))
    assert "The two entries differ" in shown(kiosk.choose("ABC12345", "ABC12346"))
    assert at(kiosk.choose("ｋｉｏｓｋ1234", "KIOSK1234")) == "/kiosk/receipt/"
    assert kiosk.opens("KIOSK1234")


def test_a_line_that_dies_at_any_message_is_asked_again_and_goes_on(kiosk: Kiosk) -> None:
    """What was sent before is never lost; where the card had changed before, the first entry counts."""
    whole, cuts, first = plugged("agency"), 0, 0
    for message, answer_lost in product(range(MOST), (False, True)):
        plug("agency", CutLine(message, answer_lost=answer_lost))
        try:
            pages = [kiosk.place(), kiosk.enter(), kiosk.choose()]
        finally:
            plug("agency", whole)
        if kiosk.stage() == "done":
            break
        cuts += 1
        assert any(refused(page) == ["E_RECORDS_UNAVAILABLE"] for page in pages)
        done = kiosk.go_on("SECOND222")
        is_first = "The PIN that you entered first counts" in shown(done)
        assert kiosk.opens(NEW[kiosk.pin] if is_first else "SECOND222")
        first += is_first
        reserve(kiosk.console.town, kiosk.holder)
    # Opened, proved, confirmed, relayed three times; set; confirmed, relayed twice: by then it is the first.
    assert (cuts, first) == (18, 6)


def test_a_card_that_is_away_is_put_back(kiosk: Kiosk) -> None:
    kiosk.place()
    kiosk.enter()
    away = kiosk.card.rename(kiosk.card.with_suffix(".away"))
    assert (refused(kiosk.choose()), at(kiosk.choose())) == (["E_CARD_FILE_MISSING"], "/kiosk/new/")
    away.rename(kiosk.card)
    assert at(kiosk.choose()) == "/kiosk/receipt/"


def test_the_agency_silent_at_the_beginning_says_so(kiosk: Kiosk) -> None:
    plug("agency", Unplugged())
    try:
        assert (refused(kiosk.place()), kiosk.tries_left()) == (["E_RECORDS_UNAVAILABLE"], 5)
    finally:
        connect_in_process(installation.HONNIN_CLOCK)
    assert at(kiosk.whole()) == "/kiosk/receipt/"


@pytest.mark.clause("S2-K2")
def test_a_blocked_pin_is_set_on_a_sunday_evening(kiosk: Kiosk) -> None:
    sunday = datetime(2026, 6, 7, 22, 30, tzinfo=JAPAN)
    kiosk.console.town.clock.move_to(sunday)
    reserve(kiosk.console.town, kiosk.holder)
    for _ in range(4):
        with pytest.raises(CardError, match="E_PIN_WRONG"):
            kiosk.opens("WRONG999")
    assert kiosk.tries_left() == 1
    assert at(kiosk.whole()) == "/kiosk/receipt/"
    assert kiosk.tries_left() == 5
