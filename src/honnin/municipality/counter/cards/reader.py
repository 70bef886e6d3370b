"""What the counter does with a card on a reader, whichever it is.

Relays sealed commands between agency and card, and carries the new PINs from the keypad to the card; keeps
neither.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from honnin.card.client.session import CardSession, relay
from honnin.card.transport import Transport
from honnin.errors import Refusal, Refused
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.law.citation import cites
from honnin.law.terms import Generation
from honnin.pin import Pin
from honnin.wire.messages.card_updates import PIN_PLACES
from honnin.wire.messages.certificates import CardFacts, PersonState


class Step(Protocol):
    """Where the agency's conversation with a card stands."""

    @property
    def commands(self) -> tuple[bytes, ...]: ...
    @property
    def done(self) -> bool: ...


S = TypeVar("S", bound=Step)


def converse(step: S, transport: Transport, answer: Callable[[S, tuple[bytes, ...]], S]) -> S:
    """Relay between agency and card until the agency says done. `answer` brings the card's answers to it."""
    while not step.done:
        step = answer(step, relay(transport, step.commands))
    return step


def require_card_of(state: PersonState, transport: Transport) -> CardFacts:
    """The card on the reader, if it is or was this person's. Raises Refused E_CARD_OTHERS otherwise."""
    number = CardSession(transport).card_number()
    for card in state.cards:
        if card.card_number == number:
            return card
    raise Refused(Refusal("E_CARD_OTHERS", ("S4-2.2",)))


@cites("S1-C2.2a")
def set_pins(transport: Transport, pins: Mapping[PinKind, Pin]) -> None:
    """Set the PINs that the agency has just authorised; the old ones are not needed. They go to the card, and
    are kept nowhere else.
    """
    session = CardSession(transport)
    for kind, pin in pins.items():
        session.set_authorised_pin(*PIN_PLACES[kind], normalise_pin(pin, kind))


def check_pins(pins: Mapping[PinKind, Pin]) -> None:
    """Raises Refused with what is wrong with the form of PINs for a number card."""
    refusals = [
        refusal
        for kind, pin in pins.items()
        for refusal in pin_format_refusals(normalise_pin(pin, kind), kind, Generation.NUMBER_CARD)
    ]
    if refusals:
        raise Refused(*refusals)
