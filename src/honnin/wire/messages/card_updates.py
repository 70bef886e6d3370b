"""Municipality → agency: what is done to a card after it was handed out.

As in issuing the agency speaks to the card in sealed commands that the counter only relays:
`RequestCardUpdate` brings the first, each `RelayCardAnswers` the next, until `done`. After a cut the same is
requested again, and the agency finds out from the card what is left to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from honnin.card.kinds.declaration import KeySlot
from honnin.identifiers import CardNumber, PersonCode
from honnin.law.cards.pins import PinKind
from honnin.law.terms import BasicFour, Purpose
from honnin.wire.line import Message

# Where a number card has the key and certificate of each purpose.
SLOT: Final[Mapping[Purpose, KeySlot]] = {
    Purpose.SIGNATURE: KeySlot.SIGNATURE,
    Purpose.USER_AUTHENTICATION: KeySlot.AUTHENTICATION,
}
# Where a number card has the PINs that its holder chooses: application and file.
PIN_PLACES: Final[Mapping[PinKind, tuple[str, int]]] = {
    PinKind.SIGNATURE: ("jpki", 0x1B),
    PinKind.USER_AUTHENTICATION: ("jpki", 0x18),
    PinKind.RESIDENT_REGISTER: ("juki", 0x1C),
    PinKind.CARD_FACE_ENTRY: ("text", 0x11),
}


class CardUpdateKind(StrEnum):
    """What can be done to a card that was handed out."""

    UPDATE = "update"  # it says what the register says now
    CLEAR = "clear"  # certificates that have no effect any more leave it
    RESET_PINS = "reset_pins"  # PINs may be set without the old ones, until the card loses its power
    END = "end"  # nothing on it can be used any more, for good


@dataclass(frozen=True)
class CardUpdateStep:
    """Where the update stands: commands to relay to the card in order, or that it is done.

    `card_update` is its number; `changes` counts what was changed on the card, 0 when nothing was left to do.
    """

    card_update: str
    commands: tuple[bytes, ...]
    done: bool
    changes: int = 0


@dataclass(frozen=True)
class RequestCardUpdate(Message[CardUpdateStep]):
    """Begin (or begin again) one update of one person's card.

    `bearer` is who holds it as the register says now, for UPDATE; `pins` are those to set, for RESET_PINS, on
    the accepted application of that number.
    """

    reply = CardUpdateStep
    card_number: CardNumber
    person_code: PersonCode
    kind: CardUpdateKind
    bearer: BasicFour | None = None
    pins: tuple[PinKind, ...] = ()
    application_number: str = ""


@dataclass(frozen=True)
class RelayCardAnswers(Message[CardUpdateStep]):
    """The card's answers to the commands of the last step; fewer than commands when it was cut."""

    reply = CardUpdateStep
    card_update: str
    answers: tuple[bytes, ...]
