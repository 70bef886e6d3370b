"""The chores of `honnin up`: rounds in a thread of their own, and the last work before the end.

So a chore that takes long holds up neither a signal nor a server that wants starting again.
"""

import threading
from collections.abc import Callable, Iterator

from django.db import close_old_connections

from honnin.clock import Clock
from honnin.sites.chores.round import do_chores
from honnin.sites.databases.closing import finish_databases
from honnin.sites.roles import played

ReportFailure = Callable[[Exception], object]


class Rounds(threading.Thread):
    """Does rounds with a pause between until it is stopped; a failure is reported once and tried again."""

    def __init__(
        self, clock: Clock, pause: float, failed: ReportFailure, failed_at_the_end: ReportFailure
    ) -> None:
        super().__init__(name="chores", daemon=True)
        self._clock = clock
        self._pause = pause
        self._failed = failed
        self._failed_at_the_end = failed_at_the_end
        self._stopped = threading.Event()
        self._reported: set[str] = set()

    def run(self) -> None:
        while True:
            self._report_new(list(self._round()))
            close_old_connections()
            if self._stopped.wait(self._pause):
                break
        for failure in last_chores(self._clock):
            self._failed_at_the_end(failure)

    def finish(self, timeout: float) -> bool:
        """Do no more rounds but what is due at the end; whether it was done within so many seconds."""
        self._stopped.set()
        self.join(timeout)
        return not self.is_alive()

    def _round(self) -> Iterator[Exception]:
        try:
            yield from do_chores(self._clock).failures
        except Exception as failure:  # whatever it is, the next round is due all the same
            yield failure

    def _report_new(self, failures: list[Exception]) -> None:
        """Once, not in every round: a full disk must not fill the log."""
        for failure in failures:
            if repr(failure) not in self._reported:
                self._failed(failure)
        self._reported = {repr(failure) for failure in failures}


def last_chores(clock: Clock) -> Iterator[Exception]:
    """Sign what nobody has signed, and leave the databases whole. What fails holds up nothing."""
    for role in played():
        try:
            role.sign_journal(clock)
        except Exception as failure:
            yield failure
    yield from finish_databases()
