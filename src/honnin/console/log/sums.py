"""A rate limit for the log, so that strangers cannot fill it: of equal warnings about requests the first of a
minute is written, and after the minute their count.

Strangers can also make lines that differ, by the account that they name. Of each kind so many are written in
a minute, and the others are summed up as well. Errors, and all that is said of the system itself, are
written as they come.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from honnin.console.log.lines import level_of, route_in

MINUTE = 60.0
MOST_DIFFERENT = 50
_OF_REQUESTS = ("django", "honnin.console", "honnin.sites.front.application")


@dataclass
class _Sum:
    """How often a line came after it was written, and how it was last: with its time."""

    began: float
    kind: tuple[str, str, str]
    more: int = 0
    latest: str = ""


class SummedUp(logging.StreamHandler[Any]):
    """Writes to stderr. A sum is written with the next line of any kind, or at the end of the process."""

    def __init__(self, stream: Any = None, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds` of a clock that nobody sets."""
        super().__init__(stream)
        self._seconds = seconds
        self._sums: dict[object, _Sum] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write_sums(self._seconds() - MINUTE)
            of_request = level_of(record) == "WARNING" and record.name.startswith(_OF_REQUESTS)
            if not of_request or self._is_first(record):
                super().emit(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        self.acquire()
        try:
            if not self.stream.closed:
                self._write_sums(float("inf"))
        finally:
            self.release()
        super().close()

    def _is_first(self, record: logging.LogRecord) -> bool:
        line, kind = self.format(record), (record.name, str(record.msg), route_in(record))
        text = line.partition(" ")[2]
        key: object = text
        if text not in self._sums and sum(each.kind == kind for each in self._sums.values()) > MOST_DIFFERENT:
            key = kind
        known = self._sums.get(key)
        if known is None:
            self._sums[key] = _Sum(self._seconds(), kind)
            return True
        known.more, known.latest = known.more + 1, line
        return False

    def _write_sums(self, until: float) -> None:
        for key, each in list(self._sums.items()):
            if each.began <= until:
                del self._sums[key]
                if each.more:
                    what = "more like it" if isinstance(key, str) else "more of its kind"
                    counted = f"{each.latest} ({each.more} {what} in a minute)"
                    self.stream.write(counted + self.terminator)
                    self.flush()
