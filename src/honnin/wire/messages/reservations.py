"""Kiosk and its app → agency: reserving that a PIN be set again at a kiosk.

`RequestReservation` brings a challenge, which the card signs with the key whose PIN its holder knows;
`CompleteReservation` brings the signature, and the 24 hours begin. The number of a reservation is drawn at
random, and whoever has it may ask for the reservation and cancel it. No PIN and no picture is sent.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from honnin.identifiers import CardNumber
from honnin.law.cards.pins import PinKind
from honnin.wire.line import Message


class ReservationState(StrEnum):
    """How a reservation stands."""

    RESERVED = "reserved"
    PERMITTED = (
        "permitted"  # a kiosk could set the PIN; whether it did, the card tells when it is shown again
    )
    USED = "used"
    CANCELLED = "cancelled"  # by its holder, or another took its place
    EXPIRED = "expired"


@dataclass(frozen=True)
class ReservationChallenge:
    """What the card signs by `reservation_statement`; within ten minutes."""

    number: str
    challenge: bytes


@dataclass(frozen=True)
class ReservationStatus:
    """A reservation: which PIN, from when until when it can be used, and whether it still can."""

    number: str
    pin: PinKind
    reserved_at: datetime
    until: datetime
    state: ReservationState


@dataclass(frozen=True)
class FaceOutcome:
    """What the app's module found when it compared the holder with the card's portrait: no picture of either.

    `module`: its name and version, 1 to 60 characters, kept as evidence.
    """

    module: str
    matched: bool


@dataclass(frozen=True)
class RequestReservation(Message[ReservationChallenge]):
    """Begin a reservation for a PIN of a card. Beginning again gives up the challenge before."""

    reply = ReservationChallenge
    card_number: CardNumber
    pin: PinKind


@dataclass(frozen=True)
class CompleteReservation(Message[ReservationStatus]):
    """The proofs. `signature`: the card's, over `reservation_statement`."""

    reply = ReservationStatus
    number: str
    signature: bytes = field(repr=False)
    face: FaceOutcome


@dataclass(frozen=True)
class AskReservation(Message[ReservationStatus]):
    """How a reservation stands."""

    reply = ReservationStatus
    is_question = True
    number: str


@dataclass(frozen=True)
class CancelReservation(Message[ReservationStatus]):
    """Cancel a reservation; cancelling again changes nothing."""

    reply = ReservationStatus
    number: str


def reservation_statement(number: str, challenge: bytes, pin: PinKind) -> bytes:
    """What the card signs (sha256WithRSAEncryption): one reservation of one PIN."""
    return f"honnin reservation {pin} {number} {challenge.hex()}".encode()
