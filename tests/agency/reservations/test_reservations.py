"""Reservations of a PIN reset: proved by the other PIN and the face, one for each PIN, for 24 hours."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from honnin.agency.records.models import JournalEntry
from honnin.agency.reservations.models import Reservation
from honnin.agency.revocation.services import hold, record_lapse
from honnin.card.kinds.declaration import KeySlot
from honnin.errors import Conflict, Malformed, NotAllowed, Refused, Untrusted
from honnin.identifiers import CardNumber, MunicipalityCode
from honnin.law.cards.pins import PinKind
from honnin.law.terms import LapseGround, Purpose
from honnin.wire.line import Message, Sender
from honnin.wire.messages.reservations import (
    AskReservation,
    CancelReservation,
    CompleteReservation,
    RequestReservation,
    ReservationState,
    ReservationStatus,
    reservation_statement,
)
from tests.support.agency import speaking
from tests.support.agency.kiosks import FACE, KIOSK, KNOWN, begin, reserve, signed
from tests.support.card.conversations import complete
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def holder(town: Town) -> Holder:
    return complete(town, certificates=True)


def codes(raised: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in raised.value.refusals]


@pytest.mark.clause("S2-K7b")
@pytest.mark.parametrize("pin", KNOWN)
def test_who_knows_the_other_pin_reserves_for_24_hours(town: Town, holder: Holder, pin: PinKind) -> None:
    made = reserve(town, holder, pin)
    now = town.clock.now()
    assert made == ReservationStatus(
        made.number, pin, now, now + timedelta(hours=24), ReservationState.RESERVED
    )
    assert speaking.ask(KIOSK, AskReservation(made.number)) == made
    town.clock.move_to(now + timedelta(hours=24))
    assert speaking.ask(KIOSK, AskReservation(made.number)).state is ReservationState.RESERVED
    town.clock.move_to(now + timedelta(hours=24, microseconds=1))
    assert speaking.ask(KIOSK, AskReservation(made.number)).state is ReservationState.EXPIRED
    row = Reservation.objects.get()
    assert (row.face_module, bytes(row.challenge)) == ("simulated 1", b"")
    entries = JournalEntry.objects.filter(act__startswith="reservation").order_by("sequence")
    assert [entry.act for entry in entries] == ["reservation: asked", "reservation: made"]
    assert made.number not in "".join(entry.detail for entry in entries)


@pytest.mark.clause("S2-K1")
@pytest.mark.parametrize("pin", [PinKind.CARD_FACE_ENTRY, PinKind.RESIDENT_REGISTER, PinKind.CARD])
def test_another_pin_is_refused(holder: Holder, pin: PinKind) -> None:
    with pytest.raises(Refused) as refused:
        begin(holder, pin)
    assert codes(refused) == ["E_KIOSK_PIN_NOT_SUPPORTED"]
    assert not Reservation.objects.exists()


def test_what_the_card_did_not_sign_for_just_this_proves_nothing(town: Town, holder: Holder) -> None:
    asked = begin(holder)
    session = holder.session()
    session.verify_pin(KeySlot.AUTHENTICATION, town.pins[Purpose.USER_AUTHENTICATION])
    other = reservation_statement(asked.number, bytes(32), PinKind.SIGNATURE)
    for signature in (
        b"",
        bytes(256),
        session.sign_sha256(KeySlot.AUTHENTICATION, other),
        signed(town, holder, asked, PinKind.USER_AUTHENTICATION, Purpose.USER_AUTHENTICATION),
        signed(town, holder, asked, PinKind.SIGNATURE, Purpose.SIGNATURE),
    ):
        with pytest.raises(Untrusted, match="E_RESERVATION_UNPROVED"):
            speaking.ask(KIOSK, CompleteReservation(asked.number, signature, FACE))
    right = CompleteReservation(asked.number, signed(town, holder, asked), FACE)
    with pytest.raises(Refused, match="E_RESERVATION_FACE"):
        speaking.ask(KIOSK, replace(right, face=replace(FACE, matched=False)))
    for module in ("", "x" * 61, "a\nb"):
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            speaking.ask(KIOSK, replace(right, face=replace(FACE, module=module)))
    with pytest.raises(Conflict, match="E_RESERVATION_OVER"):  # nothing was reserved by all that
        speaking.ask(KIOSK, AskReservation(asked.number))
    made = speaking.ask(KIOSK, right)
    assert made.state is ReservationState.RESERVED
    entries = JournalEntry.objects.count()
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))
    assert speaking.ask(KIOSK, right) == made  # the answer was lost: it counts from then on, as before
    assert JournalEntry.objects.count() == entries


@pytest.mark.parametrize(
    "later",
    [timedelta(minutes=10), timedelta(days=1), timedelta(seconds=-1)],
    ids=["late", "long", "set back"],
)
def test_a_challenge_lasts_ten_minutes(town: Town, holder: Holder, later: timedelta) -> None:
    asked, began = begin(holder), town.clock.now()
    signature = signed(town, holder, asked)
    town.clock.move_to(began + later)
    with pytest.raises(Conflict, match="E_RESERVATION_OVER"):
        speaking.ask(KIOSK, CompleteReservation(asked.number, signature, FACE))
    town.clock.move_to(began + timedelta(minutes=10) - timedelta(microseconds=1))
    again = begin(holder)  # the one before is given up
    with pytest.raises(Conflict, match="E_RESERVATION_OVER"):
        speaking.ask(KIOSK, CompleteReservation(asked.number, signature, FACE))
    done = CompleteReservation(again.number, signed(town, holder, again), FACE)
    assert speaking.ask(KIOSK, done).state is ReservationState.RESERVED
    assert Reservation.objects.count() == 1


def test_one_can_be_used_for_each_pin_and_a_new_one_takes_the_place_of_the_last(
    town: Town, holder: Holder
) -> None:
    first, other = reserve(town, holder), reserve(town, holder, PinKind.USER_AUTHENTICATION)
    second = reserve(town, holder)
    states = [speaking.ask(KIOSK, AskReservation(each.number)).state for each in (first, other, second)]
    assert states == [ReservationState.CANCELLED, ReservationState.RESERVED, ReservationState.RESERVED]


@pytest.mark.alters_records
def test_the_database_refuses_a_second_one(town: Town, holder: Holder) -> None:
    made = reserve(town, holder)
    row = Reservation.objects.get(number=made.number)
    with pytest.raises(IntegrityError), transaction.atomic(using="agency"):
        Reservation.objects.create(
            number="0" * 32, card=row.card, pin=row.pin, asked_at=row.asked_at, reserved_at=row.asked_at
        )


def test_who_has_its_number_cancels_it_and_only_what_can_be_used(town: Town, holder: Holder) -> None:
    asked = begin(holder)
    for number in (asked.number, "0" * 32):
        with pytest.raises(Conflict, match="E_RESERVATION_OVER"):
            speaking.ask(KIOSK, CancelReservation(number))
    made, other = reserve(town, holder), reserve(town, holder, PinKind.USER_AUTHENTICATION)
    entries = JournalEntry.objects.count()
    for _ in range(2):
        assert speaking.ask(KIOSK, CancelReservation(made.number)).state is ReservationState.CANCELLED
    assert JournalEntry.objects.count() == entries + 1
    town.clock.move_to(town.clock.now() + timedelta(days=2))
    assert speaking.ask(KIOSK, CancelReservation(other.number)).state is ReservationState.EXPIRED
    assert JournalEntry.objects.count() == entries + 1


@pytest.mark.clause("S2-K7b")
def test_what_happens_between_the_challenge_and_its_answer_counts(town: Town, holder: Holder) -> None:
    asked = begin(holder)
    answer = CompleteReservation(asked.number, signed(town, holder, asked), FACE)
    record_lapse(holder.code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", at=town.clock.now())
    with pytest.raises(Refused) as refused:
        speaking.ask(KIOSK, answer)
    assert codes(refused) == ["E_KIOSK_ENTRY_CHANGED"]


def test_held_revoked_and_missing_certificates_and_lost_cards_are_refused(town: Town, holder: Holder) -> None:
    bare = town.give_complete_card(town.move_in())
    with pytest.raises(Refused) as refused:
        begin(bare)
    assert codes(refused) == ["E_KIOSK_CERTIFICATE_MISSING"]
    hold(holder.code, actor="test", at=town.clock.now())
    with pytest.raises(Refused) as refused:
        begin(holder)
    assert codes(refused) == ["E_CARD_REPORTED_LOST", "E_CERT_REVOKED", "E_CERT_HELD"]
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        speaking.ask(KIOSK, RequestReservation(CardNumber("TEST00000000000"), PinKind.SIGNATURE))


@pytest.mark.parametrize(
    "sender",
    [
        Sender("municipality", MunicipalityCode("99101"), "hanako"),
        Sender("relying_parties", None, "shop"),
        Sender("agency", None, "agency"),
    ],
    ids=lambda sender: sender.role,
)
def test_nobody_but_a_kiosk_may_speak_of_reservations(town: Town, holder: Holder, sender: Sender) -> None:
    made = reserve(town, holder)
    messages: list[Message[Any]] = [
        RequestReservation(holder.card.state.card_number, PinKind.SIGNATURE),
        CompleteReservation(made.number, b"", FACE),
        AskReservation(made.number),
        CancelReservation(made.number),
    ]
    for message in messages:
        with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
            speaking.ask(sender, message)
    assert speaking.ask(KIOSK, AskReservation(made.number)) == made
