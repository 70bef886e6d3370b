"""Accounts and sessions of the staff of all roles in this process: chores that forget what has ended."""

from collections.abc import Sequence

from django.contrib.sessions.models import Session

from honnin.clock import Clock
from honnin.console.entered import once
from honnin.console.entered.kept_files import over
from honnin.sites.declaration.chore import Chore, Outcome
from honnin.sites.roles import with_screens
from honnin.translation import message


def chores() -> Sequence[Chore]:
    """Chores that delete ended sessions, that forms were sent in them, and expired uploads of forms."""
    if not with_screens():
        return ()
    return (
        Chore(
            "sessions",
            message("ended sessions"),
            _sessions_over,
            _end_sessions,
            message("removed ended sessions: {detail}"),
            forgets=True,
        ),
        Chore(
            "files",
            message("copies of forms that were not completed"),
            lambda clock: over(clock.now()).count(),
            _forget_files,
            message("forgot copies of forms that were not completed: {detail}"),
            forgets=True,
        ),
    )


def _sessions_over(clock: Clock) -> int:
    at = clock.now()
    return Session.objects.filter(expire_date__lt=at).count() + once.over(at).count()


def _end_sessions(clock: Clock, outcome: Outcome) -> None:
    at = clock.now()
    once.over(at).delete()
    if ended := Session.objects.filter(expire_date__lt=at).delete()[0]:
        outcome.add("sessions", ended)


def _forget_files(clock: Clock, outcome: Outcome) -> None:
    if forgotten := over(clock.now()).delete()[0]:
        outcome.add("files", forgotten)
