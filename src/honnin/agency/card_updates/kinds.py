"""The kinds of card updates: what to ask the card, and what to change on it then.

Each compares what the card has with what it should have and changes only what differs, so that after a cut
the same update finishes what is left.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

from honnin.agency.card_register.models import Card
from honnin.agency.card_register.services import contents_of
from honnin.agency.records.queries import awaiting_delivery, without_effect
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.commands import CardReport
from honnin.card.issuer_commands import digest_of
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from honnin.law.cards.pins import PinKind
from honnin.law.terms import BasicFour
from honnin.wire.messages.card_updates import PIN_PLACES, SLOT

# What says whose card it is, and where; the register application holds nothing that changes.
WRITTEN_FOR_A_HOLDER: Final = ("text", "visual", "common")
_APPLICATIONS: Final = kind(NUMBER_CARD).applications


@dataclass(frozen=True)
class Changes:
    """Commands in their order, and what the journal records of them: nothing personal."""

    commands: tuple[bytes, ...] = ()
    detail: Mapping[str, str | int] = field(default_factory=dict)


class Kind(ABC):
    """One kind of update of one card."""

    def questions(self) -> tuple[bytes, ...]:
        """What to ask beside READ STATE."""
        return ()

    @abstractmethod
    def changes(self, report: CardReport, answers: tuple[bytes, ...]) -> Changes:
        """What to change; nothing when nothing is left to do."""


@dataclass(frozen=True)
class WriteHolder(Kind):
    """The card says what the register says now. What is the same already is not written again.

    A token without an application has nothing there that could be out of date.
    """

    card: Card
    bearer: BasicFour = field(repr=False)

    def questions(self) -> tuple[bytes, ...]:
        return tuple(card_commands.read_digests(_APPLICATIONS[name].number) for name in WRITTEN_FOR_A_HOLDER)

    def changes(self, report: CardReport, answers: tuple[bytes, ...]) -> Changes:
        due = contents_of(self.card, self.bearer)
        written: dict[tuple[int, int], bytes] = {}
        for name, answer in zip(WRITTEN_FOR_A_HOLDER, answers, strict=True):
            if present := card_commands.digests(answer):
                number, files = _APPLICATIONS[name].number, due[name].files
                written |= {(number, file): files[file] for file in _differing(files, present)}
        if not written:
            return Changes()
        digest = digest_of(written).hex()
        return Changes(tuple(card_commands.file_writes(written)), {"files": len(written), "sha256": digest})


def _differing(due: Mapping[int, bytes], present: Mapping[int, bytes]) -> list[int]:
    return [file for file, content in due.items() if present.get(file) != sha256(content).digest()]


@dataclass(frozen=True)
class ClearCertificates(Kind):
    """Keys and certificates that have no effect any more leave the card; whatever has effect stays.

    A slot whose next certificate was issued and is not on the card yet is left alone: its key is pending
    there, and the issuing replaces what it finds.
    """

    card: Card
    on: date

    def changes(self, report: CardReport, answers: tuple[bytes, ...]) -> Changes:
        ended = {sha256(each).digest() for each in without_effect(self.card.card_number, self.on)}
        awaited = {SLOT[purpose] for purpose in awaiting_delivery(self.card.card_number, self.on)}
        slots = [
            slot
            for slot, content in report.slots.items()
            if content.certificate_fingerprint in ended and slot not in awaited
        ]
        return Changes(tuple(card_commands.remove(slot) for slot in slots), {"slots": " ".join(slots)})


@dataclass(frozen=True)
class ResetPins(Kind):
    """Each of these PINs may be set once without the old one, until the card loses its power."""

    pins: tuple[PinKind, ...]
    application: str

    def changes(self, report: CardReport, answers: tuple[bytes, ...]) -> Changes:
        places = (PIN_PLACES[pin] for pin in self.pins)
        commands = (
            card_commands.authorise_application_pin(_APPLICATIONS[name].number, file) for name, file in places
        )
        return Changes(tuple(commands), {"pins": " ".join(self.pins), "application": self.application})


@dataclass(frozen=True)
class EndCard(Kind):
    """Nothing on the card can be used any more."""

    def changes(self, report: CardReport, answers: tuple[bytes, ...]) -> Changes:
        return Changes(() if report.terminated else (card_commands.terminate(),))
