"""One kind of periodic work of an installation, and the outcome of a round."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError

from honnin.clock import Clock
from honnin.errors import HonninError, Unavailable
from honnin.faults import named
from honnin.journal.heads import head_is_due, sign_due
from honnin.journal.journal import Journal
from honnin.journal.snapshot import UNREADABLE
from honnin.sites.databases.outdated import is_outdated
from honnin.translation import Sentence, message

BETWEEN_HEADS = timedelta(minutes=1)
"""How long an act may stand in the journal before a signed head proves it."""


@dataclass(frozen=True)
class Done:
    """Something that was due and is done: which kind, and which or how many; `named` as people are told."""

    kind: str
    detail: str
    named: str


@dataclass(frozen=True)
class ClockJump:
    """The clock was set: what it should have said, and what it says."""

    expected: datetime
    now: datetime

    @property
    def is_forward(self) -> bool:
        return self.now > self.expected


@dataclass
class Outcome:
    """The outcome of one round: what was done, what failed, and how far the clock was set before it."""

    done: list[Done] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    leap: ClockJump | None = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """A chore that fails holds up no other."""
        try:
            yield
        except Exception as failure:  # whatever it is, the other chores are due all the same
            self.failures.append(_with_name(failure))

    def add(self, kind: str, detail: object, named: str = "") -> None:
        self.done.append(Done(kind, str(detail), named or str(detail)))


def fault_of(failure: Exception) -> HonninError:
    """The error of a failed chore: E_RECORDS_NOT_UNDERSTOOD where it has no code of its own."""
    fault = None if isinstance(failure, IntegrityError) else named(failure)
    if fault is None:
        return Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    return Unavailable("E_DATABASE_OUTDATED") if is_outdated(fault) else fault


def _with_name(failure: Exception) -> Exception:
    """Names a failure to understand the records, like any other fault."""
    if named(failure) is not None or not isinstance(failure, UNREADABLE):
        return failure
    unclear = Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    unclear.__cause__ = failure
    return unclear


@dataclass(frozen=True)
class Chore:
    """One kind of work: its title, how much of it is due, doing it, and what is said of each thing done.

    `done` has a place for the {detail}. What `forgets` waits for a while after the clock was set forward:
    somebody may set it right again.
    """

    kind: str
    title: str
    due: Callable[[Clock], int]
    do: Callable[[Clock, Outcome], None]
    done: str
    forgets: bool = False


def heads(name: str, title: str, journal: Journal) -> Chore:
    """The signatures of a role's journal."""

    def due(clock: Clock) -> int:
        return head_is_due(journal, clock.now(), not_before=BETWEEN_HEADS)

    def sign(clock: Clock, outcome: Outcome) -> None:
        if head := sign_due(journal, clock.now(), not_before=BETWEEN_HEADS):
            named = Sentence("{role} {sequence}", role=Sentence(title), sequence=head.sequence)
            outcome.add("head", f"{name} {head.sequence}", named)

    about, done = message("signatures of journals"), message("signed the journal: {detail}")
    return Chore("head", about, due, sign, done)
