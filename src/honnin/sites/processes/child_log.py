"""A server's log, one line a fault: of a traceback remain the exception and where it was raised."""

import re
from collections.abc import Callable

_BEGINNING = "Traceback (most recent call last):"
_PLACE = re.compile(r'  File ".*?([^/"]+)", line (\d+), in (.+)')
_AROUND = ("Process granian-worker", "During handling of the above", "The above exception was")


class Folded:
    """Passes lines on to `hear`, tracebacks folded."""

    def __init__(self, hear: Callable[[str], object]) -> None:
        self._hear = hear
        self._place: str | None = None  # in a traceback: where it is by now

    def __call__(self, line: str) -> None:
        if line == _BEGINNING:
            self._place = ""
        elif self._place is None:
            if not line.startswith(_AROUND):
                self._hear(line)
        elif found := _PLACE.match(line):
            self._place = "{}:{} in {}".format(*found.groups())
        elif not line.startswith(" "):
            self._hear(f"{line} ({self._place})" if self._place else line)
            self._place = None
