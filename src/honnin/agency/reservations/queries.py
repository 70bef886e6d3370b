"""Reading what a reservation rests on, and how it stands."""

from datetime import datetime

from honnin.agency.card_register.models import Card
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import status_of
from honnin.agency.reservations.models import PinReset, Reservation
from honnin.clock import day_in_japan
from honnin.law.cards.kiosk import RESERVATION_LASTS
from honnin.law.cards.permission import CardStanding
from honnin.law.cards.pins import PinKind
from honnin.law.kiosk_reset import KioskFacts, reservation_refusals
from honnin.law.terms import Generation, LapseGround, Purpose
from honnin.wire.messages.reservations import ReservationState, ReservationStatus


def newest_on(card: Card) -> dict[Purpose, IssuanceRecord]:
    """The certificate of each purpose that was brought onto a card last."""
    delivered = IssuanceRecord.objects.filter(card_number=card.card_number, delivered_at__isnull=False)
    return {Purpose(record.purpose): record for record in delivered.order_by("issued_at", "id")}


def kiosk_facts(card: Card, pin: PinKind, at: datetime) -> KioskFacts:
    """What the law asks about a card and the PIN that is to be set."""
    today, newest = day_in_japan(at), newest_on(card)
    return KioskFacts(
        pin=pin,
        card=CardStanding(
            expiry=card.expiry_date,
            valid=card.valid,
            reported_lost=reports_about(card.person_code).reported_lost,
        ),
        certificates={purpose: status_of(record, today) for purpose, record in newest.items()},
        generation=Generation(card.generation),
        entry_changed=_entry_changed(newest.get(Purpose.SIGNATURE)),
    )


def _entry_changed(signature: IssuanceRecord | None) -> bool:
    """A change of the four attributes ends the signature certificate, and so it is known here."""
    changes = StatusChange.objects.filter(record=signature, ground=LapseGround.CHANGE_OF_ENTRY)
    return signature is not None and changes.exists()


def status(reservation: Reservation, at: datetime) -> ReservationStatus:
    """How a reservation that was completed stands at an instant."""
    reserved_at = reservation.reserved_at
    assert reserved_at is not None
    use = PinReset.objects.filter(reservation=reservation).first()
    state = ReservationState.RESERVED
    if use is not None and use.used_at is not None:
        state = ReservationState.USED
    elif reservation.cancelled_at is not None:
        state = ReservationState.CANCELLED
    elif use is not None and use.permitted_at is not None:
        state = ReservationState.PERMITTED
    elif reservation_refusals(reserved_at, at):
        state = ReservationState.EXPIRED
    pin = PinKind(reservation.pin)
    return ReservationStatus(reservation.number, pin, reserved_at, reserved_at + RESERVATION_LASTS, state)
