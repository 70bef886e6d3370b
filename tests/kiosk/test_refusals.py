"""What the kiosk refuses, in the words of the law, the agency or the card, and where it leads then."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from honnin.agency.revocation.services import hold, record_lapse
from honnin.card.transport.card_file import CardFile
from honnin.clock import JAPAN
from honnin.errors import CardError
from honnin.law.cards.kiosk import StoreChain
from honnin.law.terms import LapseGround
from honnin.pin import Pin
from honnin.wire.messages.card_updates import SLOT
from tests.support.agency.kiosk_pages import Kiosk, at, refused, shown
from tests.support.agency.kiosks import KNOWN
from tests.support.card.conversations import complete

pytestmark = pytest.mark.django_db(databases="__all__")
ENDED = "/kiosk/ended/"


def wrong(kiosk: Kiosk, times: int) -> None:
    """The PIN that its holder should know, entered wrong elsewhere."""
    with kiosk.in_reader() as session:
        for _ in range(times):
            with pytest.raises(CardError):
                session.verify_pin(SLOT[KNOWN[kiosk.pin]], Pin("0000"), use_last_try=True)


def later(kiosk: Kiosk, **by: int) -> None:
    kiosk.console.town.clock.move_to(kiosk.console.town.clock.now() + timedelta(**by))


@pytest.mark.clause("S2-K5")
def test_without_a_reservation(unreserved: Kiosk) -> None:
    done = unreserved.place()
    assert (at(done), done.status_code, refused(done)) == (ENDED, 422, ["E_KIOSK_NO_RESERVATION"])
    assert "Reserve with the app first" in shown(done)
    assert "Take your card with you" in shown(done)
    assert "Which PIN do you want to reset?" in unreserved.get("ended/")  # loaded once more


@pytest.mark.clause("S2-K6")
def test_a_reservation_of_yesterday(kiosk: Kiosk) -> None:
    later(kiosk, hours=24, seconds=1)
    assert refused(kiosk.place()) == ["E_KIOSK_RESERVATION_EXPIRED"]


@pytest.mark.parametrize(
    ("happens", "codes"),
    [
        (
            lambda kiosk, now: hold(kiosk.holder.code, actor="test", at=now),
            {"E_CERT_HELD", "E_CARD_REPORTED_LOST"},
        ),
        (
            lambda kiosk, now: record_lapse(
                kiosk.holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=now
            ),
            {"E_CERT_REVOKED"},
        ),
        (
            lambda kiosk, now: record_lapse(
                kiosk.holder.code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", at=now
            ),
            {"E_KIOSK_ENTRY_CHANGED"},
        ),
    ],
    ids=["held", "revoked", "entry changed"],
)
def test_certificates_that_do_not_stand(
    kiosk: Kiosk, happens: Callable[[Kiosk, datetime], object], codes: set[str]
) -> None:
    """Before it began, and between two of its pages."""
    kiosk.place()
    kiosk.enter()
    happens(kiosk, kiosk.console.town.clock.now())
    middle = kiosk.choose()
    assert (at(middle), codes <= set(refused(middle))) == (ENDED, True), refused(middle)
    assert codes <= set(refused(kiosk.place()))
    assert kiosk.tries_left() == 5


@pytest.mark.clause("S2-K8a")
def test_another_card_in_the_reader(kiosk: Kiosk) -> None:
    other = complete(kiosk.console.town, certificates=True)
    number = other.card.state.card_number
    CardFile.create(kiosk.console.cards / f"{number}.json", other.card.state).close()
    assert refused(kiosk.place(number)) == ["E_KIOSK_NO_RESERVATION"]
    kiosk.place()
    own, theirs = kiosk.card.read_bytes(), (kiosk.console.cards / f"{number}.json").read_bytes()
    kiosk.card.write_bytes(theirs)
    swapped = kiosk.enter()
    assert (at(swapped), refused(swapped)) == ("/kiosk/known/", ["E_CARD_OTHERS"])
    kiosk.card.write_bytes(own)
    kiosk.enter()
    kiosk.card.write_bytes(theirs)
    assert refused(kiosk.choose()) == ["E_CARD_OTHERS"]
    kiosk.card.write_bytes(own)
    assert at(kiosk.choose()) == "/kiosk/receipt/"


def test_the_other_pin_wrong_says_how_often_it_may_be_and_the_last_try_is_asked_for(kiosk: Kiosk) -> None:
    kiosk.place()
    for left in ("2 tries", "1 try"):
        page = kiosk.enter("0000")
        assert (at(page), refused(page)) == ("/kiosk/known/", ["E_PIN_WRONG"])
        assert f"<strong>{left}</strong>" in shown(page)
    assert refused(kiosk.enter("00")) == []  # nothing is sent of what was not said to be the last try
    unsaid = kiosk.enter()
    assert "Only one try is left. Say that you use it." in shown(unsaid)
    blocked = kiosk.enter("0000", last_try="on")
    assert (at(blocked), refused(blocked)) == (ENDED, ["E_PIN_LOCKED"])
    assert refused(kiosk.place()) == ["E_PIN_LOCKED"]


def test_the_last_try_may_be_right(kiosk: Kiosk) -> None:
    wrong(kiosk, 2)
    kiosk.place()
    assert at(kiosk.enter(last_try="on")) == "/kiosk/new/"


@pytest.mark.clause("S2-K13")
def test_who_knows_neither_pin_is_sent_to_the_counter(kiosk: Kiosk) -> None:
    wrong(kiosk, 3)
    done = kiosk.place()
    assert refused(done) == ["E_PIN_LOCKED"]
    assert "go to the counter of your municipality" in shown(done)


@pytest.mark.clause("S2-K1")
def test_a_chain_sets_what_its_kiosks_set(unreserved: Kiosk, settings: LazySettings) -> None:
    settings.HONNIN_KIOSK_CHAIN = StoreChain.LAWSON
    shown_at_lawson = unreserved.get()
    assert "/kiosk/card/signature/" in shown_at_lawson
    assert "/kiosk/card/user_authentication/" not in shown_at_lawson
    assert unreserved.client.get("/kiosk/card/resident_register/").status_code == 404


@pytest.mark.clause("S2-K8b")
@pytest.mark.parametrize(
    ("day", "hour", "minute", "opens"),
    [
        (2, 6, 29, "2026-06-02 06:30"),
        (2, 23, 0, "2026-06-03 06:30"),
        (2, 0, 0, "2026-06-02 06:30"),
    ],
)
def test_outside_its_hours_it_says_when_it_opens(
    unreserved: Kiosk, day: int, hour: int, minute: int, opens: str
) -> None:
    unreserved.console.town.clock.move_to(datetime(2026, 6, day, hour, minute, tzinfo=JAPAN))
    page = unreserved.get()
    assert ("This service is closed now" in page, opens in page) == (True, True)
    assert "This service is closed now" in shown(unreserved.place())


@pytest.mark.clause("S2-K8b")
def test_at_the_turn_of_the_year_it_opens_on_the_fourth(unreserved: Kiosk) -> None:
    unreserved.console.town.clock.move_to(datetime(2026, 12, 28, 23, 30, tzinfo=JAPAN))
    assert "2027-01-04 06:30" in unreserved.get()
    unreserved.console.town.clock.move_to(datetime(2026, 12, 31, 12, 0, tzinfo=JAPAN))
    assert "Kiosks are closed from 29 December to 3 January." in unreserved.get()


@pytest.mark.clause("S2-K8b")
def test_closing_time_in_the_middle(kiosk: Kiosk) -> None:
    clock = kiosk.console.town.clock
    clock.move_to(clock.now().astimezone(JAPAN).replace(hour=22, minute=59))
    kiosk.place()
    kiosk.enter()
    later(kiosk, minutes=1)
    assert refused(kiosk.choose()) == ["E_KIOSK_CLOSED"]
    assert "This service is closed now" in kiosk.leave()


def test_who_goes_away_leaves_nothing_but_word_of_the_card(kiosk: Kiosk) -> None:
    kiosk.place()
    assert "A card is still in the reader" in kiosk.leave("time")
    assert "A card is still in the reader" in kiosk.get()
    assert "A card is still in the reader" not in kiosk.get("card/signature/")
    assert "A card is still" not in kiosk.get()
    kiosk.place()
    away = kiosk.card.rename(kiosk.card.with_suffix(".away"))
    assert "The time was up" in kiosk.leave("time")
    away.rename(kiosk.card)
    kiosk.place()
    kiosk.enter()
    later(kiosk, minutes=3)
    assert "The time was up" in shown(kiosk.choose())
    assert kiosk.stage() == ""
    assert at(kiosk.whole()) == "/kiosk/receipt/"  # the reservation is not lost
    assert "The time was up" not in kiosk.leave()
