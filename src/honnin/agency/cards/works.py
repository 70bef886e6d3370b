"""What can be done to a card that was handed out: what to ask it, and what to tell it then.

Each work compares what the card has with what it should have and says only what is missing, so that after a
cut the same work finishes what is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final, Protocol

from honnin.agency.cards.models import Card
from honnin.agency.cards.services import contents_of
from honnin.agency.records.queries import without_effect
from honnin.card import issuing
from honnin.card.declaration import NUMBER_CARD, kind
from honnin.card.issuing import CardReport
from honnin.law.pins import PinKind
from honnin.law.terms import BasicFour
from honnin.wire.card_work import PIN_PLACES

# What says whose card it is, and where; the register application holds nothing that changes.
WRITTEN_FOR_A_HOLDER: Final = ("text", "visual", "common")
_APPLICATIONS: Final = kind(NUMBER_CARD).applications


class Work(Protocol):
    """One kind of work on one card."""

    def questions(self) -> tuple[bytes, ...]:
        """What to ask beside READ STATE."""
        ...

    def orders(self, report: CardReport, answers: tuple[bytes, ...]) -> list[bytes]:
        """What to tell the card, in this order; nothing when nothing is left to do."""
        ...


@dataclass(frozen=True)
class Update:
    """The card says what the register says now. What is the same already is not written again.

    A token without an application has nothing there that could be out of date.
    """

    card: Card
    bearer: BasicFour = field(repr=False)

    def questions(self) -> tuple[bytes, ...]:
        return tuple(issuing.read_digests(_APPLICATIONS[name].number) for name in WRITTEN_FOR_A_HOLDER)

    def orders(self, report: CardReport, answers: tuple[bytes, ...]) -> list[bytes]:
        meant = contents_of(self.card, self.bearer)
        written: dict[tuple[int, int], bytes] = {}
        for name, answer in zip(WRITTEN_FOR_A_HOLDER, answers, strict=True):
            if present := issuing.digests(answer):
                number, files = _APPLICATIONS[name].number, meant[name].files
                written |= {(number, file): files[file] for file in _differing(files, present)}
        return issuing.file_writes(written) if written else []


def _differing(meant: Mapping[int, bytes], present: Mapping[int, bytes]) -> list[int]:
    return [file for file, content in meant.items() if present.get(file) != sha256(content).digest()]


@dataclass(frozen=True)
class Clear:
    """Keys and certificates that have no effect any more leave the card; whatever has effect stays.

    A slot with a pending key is left alone: issuing is under way there, and replaces what it finds.
    """

    card: Card
    on: date

    def questions(self) -> tuple[bytes, ...]:
        return ()

    def orders(self, report: CardReport, answers: tuple[bytes, ...]) -> list[bytes]:
        ended = {sha256(each).digest() for each in without_effect(self.card.card_number, self.on)}
        return [
            issuing.remove(slot)
            for slot, content in report.slots.items()
            if content.certificate_fingerprint in ended and not content.has_pending_key
        ]


@dataclass(frozen=True)
class ResetPins:
    """Each of these PINs may be set once without the old one, until the card loses its power."""

    pins: tuple[PinKind, ...]

    def questions(self) -> tuple[bytes, ...]:
        return ()

    def orders(self, report: CardReport, answers: tuple[bytes, ...]) -> list[bytes]:
        places = (PIN_PLACES[pin] for pin in self.pins)
        return [issuing.authorise_application_pin(_APPLICATIONS[name].number, file) for name, file in places]


@dataclass(frozen=True)
class End:
    """Nothing on the card can be used any more."""

    def questions(self) -> tuple[bytes, ...]:
        return ()

    def orders(self, report: CardReport, answers: tuple[bytes, ...]) -> list[bytes]:
        return [] if report.terminated else [issuing.terminate()]
