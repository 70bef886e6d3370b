"""Whether the chores are done: the last round, what is due, and what is dated in the future."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from honnin.clock import Clock, is_recent
from honnin.errors import HonninError, Unavailable
from honnin.faults import named
from honnin.journal.heads import newest_head
from honnin.journal.snapshot import UNREADABLE
from honnin.sites.chores.last_round import LastRound
from honnin.sites.chores.round import CHORES
from honnin.sites.databases.outdated import is_outdated
from honnin.sites.declaration.role import Instant
from honnin.sites.journals import JOURNALS
from honnin.sites.roles import played
from honnin.translation import Sentence

GRACE: Final = timedelta(minutes=10)
"""How long ago the last round may be while something is due (our choice)."""


@dataclass(frozen=True)
class Ahead:
    """Something that was made later than it is now: the clock was wrong then, or is now."""

    what: str
    at: datetime


@dataclass(frozen=True)
class Standing:
    """The last round, how much is due of each kind, and what lies in the future."""

    now: datetime
    last: LastRound
    due: dict[str, int]
    ahead: tuple[Ahead, ...]

    @property
    def is_overdue(self) -> bool:
        """Whether nobody does what is due."""
        if not self.due:
            return False
        return self.last.at is None or not is_recent(self.last.at, self.now, GRACE)


def standing(clock: Clock) -> Standing:
    """How this installation stands now. A kind that cannot be told counts as due.

    Raises Unavailable E_DATABASE_OUTDATED for records of an earlier version.
    """
    due: dict[str, int] = {}
    for chore in CHORES:
        try:
            count = chore.due(clock)
        except (HonninError, *UNREADABLE) as error:
            fault = named(error)
            if fault is not None and is_outdated(fault):
                raise Unavailable("E_DATABASE_OUTDATED") from error
            count = 1
        if count:
            due[chore.kind] = due.get(chore.kind, 0) + count
    now = clock.now()
    return Standing(now, LastRound.read(settings.HOME), due, tuple(lying_ahead(now)))


def lying_ahead(now: datetime) -> Iterator[Ahead]:
    """All that was made later than now. Reads every certificate's record."""
    for part in (_of_journals(), *(part for role in played() for part in role.instants(now))):
        with suppress(*UNREADABLE):  # the audit says what cannot be read
            for what, instant in part:
                if instant is not None and instant > now:
                    yield Ahead(what, instant)


def _of_journals() -> Iterator[Instant]:
    for role, journal in JOURNALS.items():
        name = Sentence(role)
        newest = journal.entries._default_manager.order_by("-sequence").first()
        yield (
            Sentence("newest entry of the {name}'s journal", name=name),
            newest.recorded_at if newest else None,
        )
        try:
            head = newest_head(journal.heads, journal.key.public_key())
        except HonninError:
            continue  # its chore says what is wrong with it
        yield (
            Sentence("newest signed head of the {name}'s journal", name=name),
            head.instant if head else None,
        )
