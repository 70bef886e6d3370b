"""Keeps servers running: each by itself, so that one that dies, hangs or cannot start stops no other role.

A server that ended, or gives no sign of life any more, is started again after a pause, which doubles each
time and is short again after a while of health. One that is merely slow, because of a flood or of a database
that waits, is left alone: whoever is served there would be cut off. What happens is told once, as an event;
words for it are not found here.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from honnin.sites.processes.children import End
from honnin.sites.processes.serving import TIMEOUT, Server, is_free


@dataclass(frozen=True)
class Times:
    """How long a server is waited for, in seconds (our choice)."""

    first_pause: float = 0.1
    longest_pause: float = 60.0
    healthy_after: float = 60.0
    start: float = 60.0  # until the first sign of life or answer
    silence: float = 20.0  # without a sign of life
    answer: float = 10.0  # for one answer, until there was one


@dataclass(frozen=True)
class Event:
    """What happened to a server: `ended`, `silent`, `port_taken`, `no_process`, or it answers `again`."""

    kind: str
    port: int
    pause: float = 0.0
    end: End | None = None


ReportEvent = Callable[[Event], object]


class Keeper:
    """Keeps one server running. `tend` is to be called often, by the thread that called `launch`."""

    def __init__(self, server: Server, report: ReportEvent, times: Times = Times()) -> None:
        self.server = server
        self.failures: list[Event] = []  # since it answered last
        self.is_up = False
        self._report = report
        self._times = times
        self._pause = times.first_pause
        self._due: float | None = None
        self._launched = 0.0
        self._answered = 0.0
        self._stopped = threading.Event()

    def launch(self) -> None:
        """Start the server, and ask it until it answers, now and after each start."""
        self._start(time.monotonic())
        threading.Thread(target=self._poll, daemon=True).start()

    def tend(self) -> None:
        """Look after the server once; never waits for it."""
        now = time.monotonic()
        if self._due is not None:
            if now >= self._due:
                self._start(now)
        elif (end := self.server.ended()) is not None:
            self._failed("ended", now, end)
        elif now - max(self._launched, self._answered, self.server.beat_at) > self._most_silence():
            self.server.stop(0)
            self._failed("silent", now)
        elif not self.is_up and self._answered > self._launched:
            self._answers()
        elif self.is_up and now - self._launched > self._times.healthy_after:
            self._pause = self._times.first_pause

    def close(self) -> None:
        """Ask no more whether it answers."""
        self._stopped.set()

    def _most_silence(self) -> float:
        return self._times.silence if self.is_up else self._times.start

    def _start(self, now: float) -> None:
        if not is_free(self.server.port):
            self._failed("port_taken", now)
            return
        try:
            self.server.launch()
        except OSError as error:  # no memory, too many processes: that passes
            self._failed("no_process", now, End(1, str(error.strerror)))
        else:
            self._due, self._launched = None, now

    def _failed(self, kind: str, now: float, end: End | None = None) -> None:
        event = Event(kind, self.server.port, self._pause, end)
        if kind != "port_taken" or not any(each.kind == kind for each in self.failures[-1:]):
            self._report(event)  # that somebody still has the port is no news
        self.failures.append(event)
        self.is_up = False
        self._due = now + self._pause
        self._pause = min(2 * self._pause, self._times.longest_pause)

    def _answers(self) -> None:
        self.is_up = True
        if self.failures:
            self._report(Event("again", self.server.port))
        self.failures.clear()

    def _poll(self) -> None:
        while not self._stopped.wait(0.1):
            begun = time.monotonic()
            if not self.is_up and self.server.answers(self._times.answer):
                self._answered = begun


def start_together(
    keepers: Sequence[Keeper], stopped: Callable[[], object], *, tries: int = 3
) -> Event | None:
    """Start all servers and wait until each answers, or `stopped` says that nobody waits any more.

    Returns what happened to one that has failed so many times, else None.
    """
    for keeper in keepers:
        keeper.launch()
    while not stopped() and not all(keeper.is_up for keeper in keepers):
        for keeper in keepers:
            keeper.tend()
            if len(keeper.failures) >= tries:
                return keeper.failures[-1]
        time.sleep(0.05)
    return None


def stop_together(keepers: Sequence[Keeper], timeout: float = TIMEOUT) -> None:
    """End all servers, each of them after the requests under way, together in so many seconds at most."""
    for keeper in keepers:
        keeper.close()
        keeper.server.ask_to_stop()
    deadline = time.monotonic() + timeout
    for keeper in keepers:
        keeper.server.stop(max(0.0, deadline - time.monotonic()))
