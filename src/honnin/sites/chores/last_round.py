"""The note of the last round of chores: when it was, what failed, and whether the clock was set since.

A machine's clock can be set, the time for which it has been running cannot. Remembering both tells a clock
that was set from time that has passed. Kept in a file of the home: on each machine its own, and lost without
harm.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from honnin.clock import Running, is_recent
from honnin.errors import HonninError, catalogue
from honnin.sites.declaration.chore import ClockJump
from honnin.sites.home import Home

LEAST_LEAP: Final = timedelta(seconds=30)
"""A smaller change of the clock is not reported: time services make such changes."""
FORGET_AFTER: Final = timedelta(hours=1)
"""How long nothing is forgotten after the clock was set forward (our choice)."""
_BETWEEN_NOTES: Final = timedelta(seconds=20)


@dataclass(frozen=True)
class LastRound:
    """Nothing is known (None) before the first round."""

    at: datetime | None = None
    running: Running | None = None
    failed: tuple[str, ...] = ()
    set_forward: Running | None = None

    @classmethod
    def read(cls, home: Home) -> "LastRound":
        """As it was noted; nothing where the note is missing or damaged."""
        try:
            raw = json.loads(_file(home).read_bytes())
            return cls(
                datetime.fromisoformat(raw["at"]),
                _running(raw["running"]),
                tuple(code for code in map(str, raw["failed"]) if code in catalogue()),
                _running(raw["set_forward"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def leap(self, now: datetime, running: Running) -> ClockJump | None:
        """How the clock was set since, if it was and the machine was not started anew."""
        if self.at is None or self.running is None or self.running.boot != running.boot:
            return None
        expected = self.at + timedelta(seconds=running.seconds - self.running.seconds)
        return ClockJump(expected, now) if abs(now - expected) >= LEAST_LEAP else None

    def may_forget(self, running: Running, leap: ClockJump | None) -> bool:
        """Whether what is over by the clock may be forgotten."""
        since = self._set_forward(running, leap)
        return since is None or running.seconds - since.seconds >= FORGET_AFTER.total_seconds()

    def next(
        self, now: datetime, running: Running, leap: ClockJump | None, failures: Sequence[HonninError]
    ) -> "LastRound":
        """This round, after that one."""
        failed = tuple(sorted({failure.code for failure in failures}))
        return LastRound(now, running, failed, self._set_forward(running, leap))

    def _set_forward(self, running: Running, leap: ClockJump | None) -> Running | None:
        if leap is not None:
            return running if leap.is_forward else None
        since = self.set_forward
        return since if since is not None and since.boot == running.boot else None

    def write(self, home: Home, before: "LastRound") -> None:
        """Note it, but no more often than needed. A full disk costs the note only."""
        same = (self.failed, self.set_forward) == (before.failed, before.set_forward)
        assert self.at is not None
        if same and before.at is not None and is_recent(before.at, self.at, _BETWEEN_NOTES):
            return
        raw = {**asdict(self), "at": self.at.isoformat()}
        path = _file(home)
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        with suppress(OSError):
            new.write_text(json.dumps(raw) + "\n", "utf-8")
            new.replace(path)


def _file(home: Home) -> Path:
    return home.root / "chores.json"


def _running(raw: dict[str, object] | None) -> Running | None:
    return None if raw is None else Running(str(raw["boot"]), float(str(raw["seconds"])))
