"""What an installation does by itself, once: lists, responders, reports, heads, and what is to be forgotten.

`honnin up` and `honnin chores` do the same. One round at a time: processes that share the folder or the
database wait for each other, or leave it to the other.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connections

from honnin.agency.answered import services as answered
from honnin.agency.authority.queries import keys_in_service
from honnin.agency.authority.services import renew_responder, responder_is_due
from honnin.agency.cards.errand import give_up_abandoned, left_errands
from honnin.agency.issuance.abandonment import forget_channels, left_channels
from honnin.agency.records.journal import JOURNAL as AGENCY_JOURNAL
from honnin.agency.status.services import publication_is_due, publish
from honnin.clock import Clock, Running, day_in_japan
from honnin.console.kept_files import over
from honnin.errors import HonninError, Unavailable
from honnin.faults import named
from honnin.journal.heads import head_is_due, sign_due
from honnin.journal.journal import Journal
from honnin.journal.snapshot import UNREADABLE
from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY_JOURNAL
from honnin.municipality.residents.services import (
    deliver_reports,
    end_overdue_moves,
    overdue_moves,
    waiting_reports,
)
from honnin.sites.home import Home
from honnin.sites.last_round import LastRound, Leap
from honnin.sites.outdated import is_outdated

BETWEEN_HEADS = timedelta(minutes=1)
"""How long an act may stand in the journal before a signed head proves it."""
_ADVISORY_LOCK = 0x686F6E6E696E  # one for each PostgreSQL database: "honnin"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """Something that was due and is done: which kind, and which or how many."""

    kind: str
    detail: str


@dataclass
class Outcome:
    """What came of one round: what was done, what could not be, and how far the clock was set before it."""

    done: list[Done] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    leap: Leap | None = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """A chore that fails holds up no other."""
        try:
            yield
        except Exception as failure:  # whatever it is, the other chores are due all the same
            self.failures.append(_with_name(failure))

    def tell(self, kind: str, detail: object) -> None:
        self.done.append(Done(kind, str(detail)))


def fault_of(failure: Exception) -> HonninError:
    """What a chore met, by its code: in the records something that cannot be understood, if nothing else."""
    fault = None if isinstance(failure, IntegrityError) else named(failure)
    if fault is None:
        return Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    return Unavailable("E_DATABASE_OUTDATED") if is_outdated(fault) else fault


def _with_name(failure: Exception) -> Exception:
    """What a chore met in the records and could not understand has a name like any other fault."""
    if named(failure) is not None or not isinstance(failure, UNREADABLE):
        return failure
    unclear = Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    unclear.__cause__ = failure
    return unclear


@dataclass(frozen=True)
class Chore:
    """One kind of work: how much of it is due, and doing it.

    What `forgets` waits for a while after the clock was set forward: somebody may set it right again.
    """

    kind: str
    due: Callable[[Clock], int]
    do: Callable[[Clock, Outcome], None]
    forgets: bool = False


def do_chores(clock: Clock, *, patience: float = 0.0, running: Running | None = None) -> Outcome:
    """Do what is due now. A chore that fails holds up no other, and the next round tries it again.

    While another process is at it nothing is done, or after it within `patience` seconds; with patience that
    has run out the failure is Unavailable E_CHORES_BUSY.
    """
    outcome = Outcome()
    with outcome.noting(), _alone(settings.HOME, patience) as is_ours:
        if is_ours:
            _do_all(clock, outcome, running or Running.now())
        elif patience:
            raise Unavailable("E_CHORES_BUSY")
    return outcome


def _do_all(clock: Clock, outcome: Outcome, running: Running) -> None:
    last = LastRound.read(settings.HOME)
    began = clock.now()
    outcome.leap = last.leap(began, running)
    if outcome.leap:
        log.warning("the clock was set from %s to %s", outcome.leap.expected, outcome.leap.now)
    may_forget = last.may_forget(running, outcome.leap)
    for chore in CHORES:
        if may_forget or not chore.forgets:
            with outcome.noting():
                chore.do(clock, outcome)
    last.next(began, running, outcome.leap, list(map(fault_of, outcome.failures))).write(settings.HOME, last)


@contextmanager
def _alone(home: Home, patience: float) -> Iterator[bool]:
    """Whether this process alone does the chores of an installation as long as the block lasts."""
    descriptor = os.open(home.root / "chores.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    taken: list[Callable[[], object]] = []
    try:
        deadline = time.monotonic() + patience
        while not (got := _try_locks(descriptor, taken)) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield got
    finally:
        for give_back in taken:
            give_back()
        os.close(descriptor)


def _try_locks(descriptor: int, taken: list[Callable[[], object]]) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    if connections["agency"].vendor != "postgresql":
        return True
    if _asked("SELECT pg_try_advisory_lock(%s)"):
        taken.append(lambda: _asked("SELECT pg_advisory_unlock(%s)"))
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def _asked(question: str) -> bool:
    with connections["agency"].cursor() as cursor:
        cursor.execute(question, [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


# — Each chore ————————————————————————————————————————————————————————————————————————————————————————


def _publish(clock: Clock, outcome: Outcome) -> None:
    if publication_is_due(clock):
        for path in publish(clock):
            if path.suffix == ".crl":
                outcome.tell("list", path.name)


def _responders_due(clock: Clock) -> int:
    at = clock.now()
    return sum(responder_is_due(key, at) for key in keys_in_service(at))


def _renew_responders(clock: Clock, outcome: Outcome) -> None:
    at = clock.now()
    for key in keys_in_service(at):
        with outcome.noting():
            if renew_responder(key, at, "chores"):
                outcome.tell("responder", key)


def _reports_due(clock: Clock) -> int:
    return waiting_reports() + overdue_moves(day_in_japan(clock.now())).count()


def _deliver_reports(clock: Clock, outcome: Outcome) -> None:
    at = clock.now()
    end_overdue_moves(at)
    if taken := deliver_reports(at):
        outcome.tell("reports", taken)


def _conversations_left(clock: Clock) -> int:
    at = clock.now()
    return left_errands(at).count() + left_channels(at).count()


def _give_up_errands(clock: Clock, outcome: Outcome) -> None:
    at = clock.now()
    if given_up := give_up_abandoned(at) + forget_channels(at):
        outcome.tell("conversations", given_up)


def _end_sessions(clock: Clock, outcome: Outcome) -> None:
    if ended := Session.objects.filter(expire_date__lt=clock.now()).delete()[0]:
        outcome.tell("sessions", ended)


def _forget_files(clock: Clock, outcome: Outcome) -> None:
    if forgotten := over(clock.now()).delete()[0]:
        outcome.tell("files", forgotten)


def _forget_requests(clock: Clock, outcome: Outcome) -> None:
    if forgotten := answered.over(clock.now()).delete()[0]:
        outcome.tell("requests", forgotten)


def _heads(name: str, journal: Journal) -> Chore:
    def due(clock: Clock) -> int:
        return head_is_due(journal, clock.now(), not_before=BETWEEN_HEADS)

    def sign(clock: Clock, outcome: Outcome) -> None:
        if head := sign_due(journal, clock.now(), not_before=BETWEEN_HEADS):
            outcome.tell("head", f"{name} {head.sequence}")

    return Chore("head", due, sign)


# Lists come first: relying parties wait for them. What a report changes is in the lists of the same round.
CHORES = (
    Chore("reports", _reports_due, _deliver_reports),
    Chore("list", publication_is_due, _publish),
    Chore("responder", _responders_due, _renew_responders),
    Chore(
        "conversations",
        _conversations_left,
        _give_up_errands,
        forgets=True,
    ),
    Chore(
        "sessions",
        lambda clock: Session.objects.filter(expire_date__lt=clock.now()).count(),
        _end_sessions,
        forgets=True,
    ),
    Chore("requests", lambda clock: answered.over(clock.now()).count(), _forget_requests, forgets=True),
    Chore("files", lambda clock: over(clock.now()).count(), _forget_files, forgets=True),
    _heads("agency", AGENCY_JOURNAL),
    _heads("municipality", MUNICIPALITY_JOURNAL),
)
