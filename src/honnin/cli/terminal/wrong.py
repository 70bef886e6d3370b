"""Collects all errors of a command line, so that they are reported together.

The first of them ends the command, with its exit code; what is wrong with the form of the command line comes
before what is wrong with what it says.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from honnin.errors import HonninError

T = TypeVar("T")
Fault = click.UsageError | HonninError
_OTHERS = "found_with_it"


class Wrong:
    """Collects what is wrong until `require_none`."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults: list[Fault] = list(faults)

    def note(self, *faults: Fault) -> None:
        self._faults += faults

    def unless(self, check: Callable[[], T]) -> T | None:
        """What a check answers, or None where it found something wrong."""
        try:
            return check()
        except (click.UsageError, HonninError) as fault:
            self._faults += together(fault)
        return None

    def require_none(self) -> None:
        """Raises what is wrong: the first of it, which carries the others (`together`)."""
        if self._faults:
            first, *others = sorted(self._faults, key=lambda fault: isinstance(fault, HonninError))
            setattr(first, _OTHERS, others)
            raise first


def wrong_in(context: click.Context) -> Wrong:
    """What is wrong with the command line of a command, whose parameters are being read."""
    found: Wrong = context.meta.setdefault(f"{__name__}.{id(context)}", Wrong())
    return found


def together(fault: Fault) -> list[Fault]:
    """A fault and those that were found with it."""
    return [fault, *getattr(fault, _OTHERS, ())]
