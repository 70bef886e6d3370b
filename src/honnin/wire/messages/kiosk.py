"""Kiosk → agency: setting a reserved PIN again.

`OpenPinReset` finds the reservation and brings a challenge, which the card signs with the key of its other
certificate, so that its PIN was entered there: `ProvePinReset`. Each `RelayPinReset` carries answers of the
card, until the step says `permitted`: then the kiosk has the new PIN set on it, and by `ConfirmPinReset` the
agency asks the card itself. What is cut is opened anew, and finds what is left to do. No PIN is sent.
"""

from dataclasses import dataclass, field

from honnin.identifiers import CardNumber
from honnin.law.cards.kiosk import StoreChain
from honnin.law.cards.pins import PinKind
from honnin.wire.line import Message


@dataclass(frozen=True)
class PinResetChallenge:
    """What the card signs by `pin_reset_statement`, within ten minutes; the number of this try."""

    pin_reset: str
    challenge: bytes


@dataclass(frozen=True)
class PinResetStep:
    """Commands to relay to the card in order, or that the new PIN may be set now, or that it was.

    `fee`: yen to be paid, once it is done.
    """

    pin_reset: str
    commands: tuple[bytes, ...] = ()
    permitted: bool = False
    done: bool = False
    fee: int = 0


@dataclass(frozen=True)
class OpenPinReset(Message[PinResetChallenge]):
    """The card in the reader of a store's kiosk, and the PIN that its holder has reserved."""

    reply = PinResetChallenge
    card_number: CardNumber
    pin: PinKind
    chain: StoreChain


@dataclass(frozen=True)
class ProvePinReset(Message[PinResetStep]):
    """`signature`: the card's, over `pin_reset_statement`."""

    reply = PinResetStep
    pin_reset: str
    signature: bytes = field(repr=False)


@dataclass(frozen=True)
class RelayPinReset(Message[PinResetStep]):
    """The card's answers to the commands of the last step; fewer than commands when it was cut."""

    reply = PinResetStep
    pin_reset: str
    answers: tuple[bytes, ...]


@dataclass(frozen=True)
class ConfirmPinReset(Message[PinResetStep]):
    """The kiosk has tried to set the new PIN: the card is asked whether it has one."""

    reply = PinResetStep
    pin_reset: str


def pin_reset_statement(number: str, challenge: bytes, pin: PinKind) -> bytes:
    """What the card signs (sha256WithRSAEncryption): one try to have one PIN set at a kiosk."""
    return f"honnin kiosk {pin} {number} {challenge.hex()}".encode()
