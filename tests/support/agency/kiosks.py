"""A kiosk and its app, as the agency hears them: a PIN reset is reserved by the other PIN, and done."""

from honnin.card.client.session import CardSession, relay
from honnin.card.transport import Transport
from honnin.law.cards.kiosk import StoreChain
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import PIN_PLACES, SLOT
from honnin.wire.messages.kiosk import (
    ConfirmPinReset,
    OpenPinReset,
    PinResetStep,
    ProvePinReset,
    RelayPinReset,
    pin_reset_statement,
)
from honnin.wire.messages.reservations import (
    CompleteReservation,
    FaceOutcome,
    RequestReservation,
    ReservationChallenge,
    ReservationStatus,
    reservation_statement,
)
from tests.support.agency import speaking
from tests.support.town import Holder, Town

KIOSK = Sender("kiosk", None, "terminal 1")
FACE = FaceOutcome("simulated 1", matched=True)
KNOWN = {
    PinKind.SIGNATURE: Purpose.USER_AUTHENTICATION,
    PinKind.USER_AUTHENTICATION: Purpose.SIGNATURE,
}
"""The certificate whose PIN its holder knows, by the PIN that is to be set."""


def begin(holder: Holder, pin: PinKind = PinKind.SIGNATURE) -> ReservationChallenge:
    return speaking.ask(KIOSK, RequestReservation(holder.card.state.card_number, pin))


def signed(
    town: Town,
    holder: Holder,
    asked: ReservationChallenge,
    pin: PinKind = PinKind.SIGNATURE,
    by: Purpose | None = None,
) -> bytes:
    key, session = by or KNOWN[pin], holder.session()
    session.verify_pin(SLOT[key], town.pins[key])
    return session.sign_sha256(SLOT[key], reservation_statement(asked.number, asked.challenge, pin))


def reserve(town: Town, holder: Holder, pin: PinKind = PinKind.SIGNATURE) -> ReservationStatus:
    asked = begin(holder, pin)
    return speaking.ask(KIOSK, CompleteReservation(asked.number, signed(town, holder, asked, pin), FACE))


def open_at(reader: Transport, pin: PinKind, chain: StoreChain = StoreChain.SEVEN_ELEVEN) -> OpenPinReset:
    return OpenPinReset(CardSession(reader).card_number(), pin, chain)


def prove(town: Town, reader: Transport, pin: PinKind, sender: Sender = KIOSK) -> PinResetStep:
    """The reset is opened, and the other PIN entered at the kiosk."""
    opened, known = speaking.ask(sender, open_at(reader, pin)), KNOWN[pin]
    session = CardSession(reader)
    session.select_jpki()
    session.verify_pin(SLOT[known], town.pins[known])
    statement = pin_reset_statement(opened.pin_reset, opened.challenge, pin)
    return speaking.ask(sender, ProvePinReset(opened.pin_reset, session.sign_sha256(SLOT[known], statement)))


def until_permitted(step: PinResetStep, reader: Transport) -> PinResetStep:
    while not (step.done or step.permitted):
        answers = relay(reader, step.commands)
        step = speaking.ask(KIOSK, RelayPinReset(step.pin_reset, answers))
    return step


def reset(town: Town, reader: Transport, new: Pin, pin: PinKind = PinKind.SIGNATURE) -> PinResetStep:
    """All that a kiosk does, from the card in its reader to the receipt; the same again after a cut."""
    step = until_permitted(prove(town, reader, pin), reader)
    if step.permitted:
        CardSession(reader).set_authorised_pin(*PIN_PLACES[pin], new)
        step = until_permitted(speaking.ask(KIOSK, ConfirmPinReset(step.pin_reset)), reader)
    return step
