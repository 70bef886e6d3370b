"""What the kiosk does with a card in its reader: brings agency and card together, and PINs to the card.

Every decision is the agency's or the card's. PINs go to the card, and are kept nowhere.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from honnin.card.client.session import CardSession, relay
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import HonninError, Refusal, Refused
from honnin.identifiers import CardNumber
from honnin.kiosk.attempts import Attempt
from honnin.law.cards.pins import PinKind, normalise_pin
from honnin.law.citation import cites
from honnin.law.kiosk_reset import known_instead
from honnin.pin import Pin
from honnin.wire.line import Message, R, line_to
from honnin.wire.messages.card_updates import PIN_PLACES
from honnin.wire.messages.kiosk import (
    ConfirmPinReset,
    OpenPinReset,
    PinResetStep,
    ProvePinReset,
    RelayPinReset,
    pin_reset_statement,
)

SLOT_OF: Final = {
    PinKind.SIGNATURE: KeySlot.SIGNATURE,
    PinKind.USER_AUTHENTICATION: KeySlot.AUTHENTICATION,
}


@dataclass(frozen=True)
class Done:
    """A PIN was set. `is_earlier`: by what was entered before a cut, and not by what was entered last."""

    fee: int
    is_earlier: bool


def ask_agency(message: Message[R]) -> R:
    """Send a message to the agency in this terminal's name."""
    return line_to("agency").ask(message, settings.HONNIN_KIOSK_TERMINAL)


@cites("S2-K1", "S2-K2", "S2-K5", "S2-K8a")
def open_reset(transport: Transport, pin: PinKind, choice: str) -> Attempt:
    """Find out whether the PIN of this card can be set now, before anything is entered.

    Raises CardError for a card whose other PIN cannot be used, and all that the agency refuses.
    """
    session = CardSession(transport)
    number = session.card_number()
    session.select_jpki()
    session.require_usable(SLOT_OF[known_instead(pin)])
    opened = ask_agency(OpenPinReset(number, pin, settings.HONNIN_KIOSK_CHAIN))
    return Attempt(pin, choice, number, opened.pin_reset, opened.challenge.hex())


def tries_left(transport: Transport, attempt: Attempt) -> int:
    """How often the other PIN may still be wrong. Raises CardError, Refused E_CARD_OTHERS."""
    return _session(transport, attempt).tries_left(SLOT_OF[attempt.known])


@cites("S2-K8a")
def prove(transport: Transport, attempt: Attempt, known: Pin, *, use_last_try: bool) -> None:
    """Verify the other PIN on the card, and let the card sign for the agency.

    Raises CardError as `CardSession.verify_pin`, Refused E_CARD_OTHERS for another card in the reader, and
    all that the agency refuses.
    """
    session, slot = _session(transport, attempt), SLOT_OF[attempt.known]
    session.verify_pin(slot, normalise_pin(known.text, attempt.known), use_last_try=use_last_try)
    statement = pin_reset_statement(attempt.pin_reset, bytes.fromhex(attempt.challenge), attempt.pin)
    ask_agency(ProvePinReset(attempt.pin_reset, session.sign_sha256(slot, statement)))


@cites("S2-2.3", "S2-K4")
def set_pin(transport: Transport, attempt: Attempt, new: Pin) -> Done:
    """Have the new PIN set and confirmed; called again after any cut it does what is left.

    Raises CardError when the card goes away: the PIN is then the old or the new one. Refused E_CARD_OTHERS,
    and all that the agency refuses.
    """
    _session(transport, attempt)
    step = _until_permitted(transport, ask_agency(ConfirmPinReset(attempt.pin_reset)))
    if step.done:
        return Done(step.fee, is_earlier=True)
    session = CardSession(transport)
    session.set_authorised_pin(*PIN_PLACES[attempt.pin], normalise_pin(new.text, attempt.pin))
    step = _until_permitted(transport, ask_agency(ConfirmPinReset(attempt.pin_reset)))
    return Done(step.fee, is_earlier=False)


def is_left(transport: Transport, number: CardNumber) -> bool:
    """Whether the card of an attempt that has ended still lies there."""
    try:
        return CardSession(transport).card_number() == number
    except HonninError:  # another card, or none
        return False


def _session(transport: Transport, attempt: Attempt) -> CardSession:
    session = CardSession(transport)
    if session.card_number() != attempt.card_number:
        raise Refused(Refusal("E_CARD_OTHERS", ("S2-K8a",)))
    session.select_jpki()
    return session


def _until_permitted(transport: Transport, step: PinResetStep) -> PinResetStep:
    while not (step.done or step.permitted):
        step = ask_agency(RelayPinReset(step.pin_reset, relay(transport, step.commands)))
    return step
