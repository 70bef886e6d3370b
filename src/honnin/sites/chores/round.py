"""One round of chores: revocation lists, responder certificates, reports, journal heads, clean-up.

`honnin up` and `honnin chores` do the same. One round at a time: processes that share the folder or the
database wait for each other, or leave it to the other.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.db import connections

from honnin.clock import Clock, Running
from honnin.errors import Unavailable
from honnin.sites.chores.last_round import LastRound
from honnin.sites.declaration.chore import BETWEEN_HEADS as BETWEEN_HEADS
from honnin.sites.declaration.chore import Chore, Outcome, fault_of
from honnin.sites.home import Home
from honnin.sites.roles import played, with_memory
from honnin.sites.staff import sessions

_ADVISORY_LOCK = 0x686F6E6E696E  # one for each PostgreSQL database: "honnin"

log = logging.getLogger(__name__)


def do_chores(clock: Clock, *, timeout: float = 0.0, running: Running | None = None) -> Outcome:
    """Do what is due now. A chore that fails holds up no other, and the next round tries it again.

    While another process does a round nothing is done, or after it within `timeout` seconds; with a timeout
    that has run out the failure is Unavailable E_CHORES_BUSY.
    """
    outcome = Outcome()
    with outcome.noting(), _exclusively(settings.HOME, timeout) as is_ours:
        if is_ours:
            _do_all(clock, outcome, running or Running.now())
        elif timeout:
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
def _exclusively(home: Home, timeout: float) -> Iterator[bool]:
    """Whether this process alone does the chores of an installation as long as the block lasts."""
    descriptor = os.open(home.root / "chores.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    taken: list[Callable[[], object]] = []
    try:
        deadline = time.monotonic() + timeout
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
    for alias in sorted(role.name for role in with_memory()):
        if connections[alias].vendor != "postgresql":
            continue
        if not _asked(alias, "SELECT pg_try_advisory_lock(%s)"):
            while taken:  # nobody waits for us while we wait
                taken.pop()()
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            return False
        taken.append(partial(_asked, alias, "SELECT pg_advisory_unlock(%s)"))
    return True


def _asked(alias: str, question: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute(question, [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


# Lists come first: relying parties wait for them. What a report changes is in the lists of the same round.
CHORES = (*(chore for role in played() for chore in role.chores()), *sessions.chores())


def chore_of(kind: str) -> Chore:
    """The chore of a kind. Raises KeyError."""
    return {chore.kind: chore for chore in CHORES}[kind]
