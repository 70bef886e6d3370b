"""The counter's card reader: a folder of virtual cards, one file for each.

Relays sealed commands between agency and card, and carries the new PINs from the keypad to the card;
keeps neither. Another reader (PC/SC) would offer the same three functions.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography import x509

from honnin.card.client.session import CardSession, relay
from honnin.card.transport import Transport
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Refusal, Refused
from honnin.law.cards.pins import PinKind, normalise_pin
from honnin.law.citation import cites
from honnin.pin import Pin
from honnin.wire.messages.card_updates import PIN_PLACES, SLOT
from honnin.wire.messages.certificates import CardFacts, CertificateState, PersonState, release_statement


def cards_in(folder: Path) -> list[str]:
    """Names of the cards that could be put on the reader."""
    return sorted(path.stem for path in folder.glob("*.json"))


@contextmanager
def inserted(folder: Path, name: str) -> Iterator[Transport]:
    """The card, for as long as the block lasts. Raises CardError E_CARD_FILE_MISSING, E_CARD_IN_USE."""
    if name not in cards_in(folder):
        raise CardError("E_CARD_FILE_MISSING")
    with CardFile.open(folder / f"{name}.json") as file:
        yield InProcess(file.card)


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


def sign_release(
    transport: Transport, held: CertificateState, pin: Pin, *, use_last_try: bool = False
) -> bytes:
    """The card's signature for the release of its hold; nothing from a card without that certificate.

    Raises CardError for a wrong PIN, and E_PIN_LAST_TRY before the last one is spent unless `use_last_try`.
    Another card's tries are not spent.
    """
    session = CardSession(transport)
    session.select_jpki()
    if not _carries(session, held):
        return b""
    session.verify_pin(SLOT[held.purpose], pin, use_last_try=use_last_try)
    statement = release_statement(held.serial_number, held.status_changed_at)
    return session.sign_sha256(SLOT[held.purpose], statement)


def _carries(session: CardSession, held: CertificateState) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(session.read_certificate(SLOT[held.purpose]))
    except (CardError, ValueError):
        return False
    return certificate.serial_number == held.serial_number


@cites("S1-C2.2a")
def set_pins(transport: Transport, pins: Mapping[PinKind, Pin]) -> None:
    """Set the PINs that the agency has just authorised; the old ones are not needed. They go to the card, and
    are kept nowhere else.
    """
    session = CardSession(transport)
    for kind, pin in pins.items():
        session.set_authorised_pin(*PIN_PLACES[kind], normalise_pin(pin, kind))
