"""Reserving that a PIN be set again at a kiosk, with a test card: what the app of the service does.

No face is compared here, and the agency is told so; therefore it is done on a test deployment alone.
"""

from typing import Final

from django.conf import settings

from honnin.card.client.session import CardSession
from honnin.errors import NotAllowed
from honnin.kiosk.services import SLOT_OF
from honnin.law.cards.pins import PinKind, normalise_pin
from honnin.law.kiosk_reset import known_instead
from honnin.pin import Pin
from honnin.wire.line import Message, R, line_to
from honnin.wire.messages.reservations import (
    CompleteReservation,
    FaceOutcome,
    RequestReservation,
    ReservationChallenge,
    ReservationStatus,
    reservation_statement,
)

PIN_OF: Final = {slot: kind for kind, slot in SLOT_OF.items()}
NO_FACE: Final = FaceOutcome("none: a test card, no face compared", matched=True)


def begin(session: CardSession, pin: PinKind, *, staff: str) -> ReservationChallenge:
    """Find out whether a PIN of this card can be reserved, before anything is typed.

    Raises NotAllowed E_RESERVATION_FACE_NEEDED on a production deployment, CardError for a card whose other
    PIN cannot be used, and all that the agency refuses.
    """
    if not settings.HONNIN_IS_TEST:
        raise NotAllowed("E_RESERVATION_FACE_NEEDED")
    number = session.card_number()
    session.select_jpki()
    session.require_usable(SLOT_OF[known_instead(pin)])
    return ask_agency(RequestReservation(number, pin), staff)


def complete(
    session: CardSession,
    asked: ReservationChallenge,
    pin: PinKind,
    known: Pin,
    *,
    staff: str,
    use_last_try: bool,
) -> ReservationStatus:
    """Let the card sign with its other key, whose PIN its holder knows: the reservation is made.

    Raises CardError as `CardSession.verify_pin`, and all that the agency refuses.
    """
    other = known_instead(pin)
    session.verify_pin(SLOT_OF[other], normalise_pin(known.text, other), use_last_try=use_last_try)
    statement = reservation_statement(asked.number, asked.challenge, pin)
    signature = session.sign_sha256(SLOT_OF[other], statement)
    return ask_agency(CompleteReservation(asked.number, signature, NO_FACE), staff)


def ask_agency(message: Message[R], staff: str) -> R:
    """Send a message to the agency, as a kiosk's app does."""
    return line_to("agency").ask(message, staff)
