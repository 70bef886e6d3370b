"""Municipality → agency: what happened in the register of residents, one event after the other, and how many
of them were heard.

Events about a person are numbered from 1 by the municipality whose register tells them.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from honnin.errors import Malformed
from honnin.identifiers import PersonCode
from honnin.law.certificates.lapse import EVENTS_OF_THE_REGISTER, EntryChange, Event
from honnin.wire.line import Message
from honnin.wire.messages.certificates import PersonState

NOTHING_HEARD = ""
"""What stands for all events before the first."""


@dataclass(frozen=True)
class ReportEvent(Message[PersonState]):
    """One event of the register. It acts in its turn and once: a doubled one changes nothing.

    `changes`: what was changed in the entry, by a correction alone. `on`: the day that a notice names, if it
    names one; who moved abroad with a card that goes on: the day on which notice was given, since which
    certificates that were issued go on. `known_at`: when it was recorded.
    """

    reply = PersonState
    person_code: PersonCode
    number: int
    event: Event
    changes: tuple[EntryChange, ...]
    on: date | None
    known_at: datetime

    def require_event(self) -> None:
        """Raises Malformed E_MESSAGE_MALFORMED for what is no event of a register: what was changed is said
        of a correction, and of nothing else.
        """
        is_correction = self.event is Event.ENTRY_CORRECTED
        if self.number < 1 or self.event not in EVENTS_OF_THE_REGISTER or bool(self.changes) != is_correction:
            raise Malformed("E_MESSAGE_MALFORMED", message=type(self).__name__)

    def content(self) -> str:
        """By what the same event is recognised: SHA-256 in hexadecimal over what it says."""
        changes, day = "+".join(sorted(self.changes)), self.on.isoformat() if self.on else ""
        known = self.known_at.astimezone(UTC).isoformat()
        parts = ("honnin event", self.person_code, str(self.number), self.event, changes, day, known)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def digest_after(before: str, content: str) -> str:
    """The digest of a person's events up to one of them, from that of the events before it."""
    return hashlib.sha256(f"{before}\n{content}".encode()).hexdigest()


@dataclass(frozen=True)
class EventCount:
    """What the agency heard about one person from this municipality.

    `heard`: through which number; `digest`: of what these said (`digest_after`). `repeated`: how many came
    again, `early`: how many came before their turn and were refused, since ever.
    """

    person_code: PersonCode
    heard: int
    digest: str
    repeated: int
    early: int


@dataclass(frozen=True)
class EventCounts:
    """A page of counts, in the order of the resident record codes; `more`: whether others come after it."""

    counts: tuple[EventCount, ...]
    more: bool


@dataclass(frozen=True)
class AskEventCounts(Message[EventCounts]):
    """Asks for what was heard from the municipality that asks, of the persons whose code comes after one."""

    reply = EventCounts
    is_question = True
    after: PersonCode | None
