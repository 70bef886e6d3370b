"""The life of a certificate and how the journal records it: issued once, held, released, revoked for good."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Self

from honnin.agency.records.models import JournalEntry, StatusChange
from honnin.journal.reading import each_row
from honnin.law.certificates.status import RECORDED, TRANSITIONS, Status
from honnin.law.terms import Purpose
from honnin.translation import Name, Sentence, pmessage

ISSUE = "issue"
"""The act with which a life begins, good; each act after it is named as the status that it leads to."""

FOLLOWS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        status: frozenset(to for to in TRANSITIONS[status].values() if to is not Status.EXPIRED)
        for status in RECORDED
    }
)
"""Which status may follow which: the law's table, but for expiry, which nobody records.

Whatever else stands in a journal was not written by this software.
"""
_STATUSES: Final[Mapping[str, str]] = {
    Status.GOOD: pmessage("status", "good"),
    Status.HELD: pmessage("status", "held"),
    Status.REVOKED: pmessage("status", "revoked"),
}
_PURPOSES: Final[Mapping[str, str]] = {
    Purpose.SIGNATURE: pmessage("purpose", "signature"),
    Purpose.USER_AUTHENTICATION: pmessage("purpose", "user_authentication"),
}


@dataclass(frozen=True)
class Step:
    """A change of status: what a `StatusChange` and its entry in the journal both hold."""

    status: str
    ground: str
    crl_reason: str
    at: datetime
    actor: str

    @classmethod
    def of_change(cls, change: StatusChange) -> Self:
        return cls(change.status, change.ground, change.crl_reason, change.recorded_at, change.actor)

    @classmethod
    def of_entry(cls, entry: JournalEntry) -> Self:
        detail = detail_of(entry)
        ground, reason = str(detail.get("ground")), str(detail.get("crl_reason"))
        return cls(entry.act, ground, reason, entry.recorded_at, entry.actor)

    def detail(self) -> dict[str, str | int]:
        """The detail of the journal's entry."""
        return {"ground": self.ground, "crl_reason": self.crl_reason}


@dataclass
class Life:
    """One certificate by the journal: its issue, every change since, and what cannot have happened."""

    issued_at: datetime
    issue: Mapping[str, Any]
    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def present(self) -> tuple[str, str, datetime]:
        """Status, reason (RFC 5280) and since when."""
        if not self.steps:
            return Status.GOOD, "", self.issued_at
        last = self.steps[-1]
        return last.status, last.crl_reason, last.at


def read_lives() -> tuple[dict[str, Life], list[str]]:
    """Every certificate's life by its name in the journal, and changes of what was never issued."""
    lives: dict[str, Life] = {}
    unmatched: list[str] = []
    for entry in each_row("agency", JournalEntry.objects.filter(act__in=[ISSUE, *RECORDED])):
        if entry is None:
            continue  # `rows` reports what cannot be read
        life = lives.get(entry.subject)
        if entry.act == ISSUE and life is None:
            lives[entry.subject] = Life(entry.recorded_at, detail_of(entry))
        elif life is None:
            unmatched.append(
                Sentence(
                    "{subject}: {act} by entry {sequence}, and never issued before",
                    subject=words_of_record(entry.subject),
                    act=words_of_status(entry.act),
                    sequence=entry.sequence,
                )
            )
        else:
            _go_on(life, entry)
    return lives, unmatched


def _go_on(life: Life, entry: JournalEntry) -> None:
    if entry.act == ISSUE:
        life.faults.append(Sentence("issued again by entry {sequence}", sequence=entry.sequence))
        return
    before = life.present[0]
    if entry.act not in FOLLOWS[Status(before)]:
        life.faults.append(
            Sentence(
                "{act} by entry {sequence}, and was {before}",
                act=words_of_status(entry.act),
                sequence=entry.sequence,
                before=words_of_status(before),
            )
        )
    life.steps.append(Step.of_entry(entry))


def words_of_record(name: str) -> str:
    """What a record, and the journal's subject that stands for it, is called; an altered name as it is."""
    purpose, space, number = name.partition(" ")
    if not space or purpose not in _PURPOSES:
        return name
    return Sentence("{purpose} {serial_number}", purpose=words_of_purpose(purpose), serial_number=number)


def words_of_purpose(purpose: str) -> str:
    """What a purpose is called; another word stays as it is."""
    return Name(_PURPOSES[purpose], purpose, context="purpose") if purpose in _PURPOSES else purpose


def words_of_status(status: str) -> str:
    """What a status is called; another word stays as it is."""
    return Name(_STATUSES[status], status, context="status") if status in _STATUSES else status


def detail_of(entry: JournalEntry) -> dict[str, Any]:
    """The detail of an entry; empty for one that was altered until it is no JSON object."""
    try:
        detail = json.loads(entry.detail)
    except (ValueError, RecursionError):
        return {}
    return detail if isinstance(detail, dict) else {}
