"""Journal entries of an earlier time than one before: the clock was set back. No fault: order counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import Error as DatabaseFault

from honnin.journal.journal import Journal

LEAST: Final = timedelta(seconds=30)
"""Acts that wait for one another are entered a little out of the order of their times."""


@dataclass(frozen=True)
class ClockSetBack:
    """An entry of an earlier time than one before it, and the latest time before it."""

    sequence: int
    before: datetime
    recorded_at: datetime


def set_back(journal: Journal) -> Iterator[ClockSetBack]:
    """Every entry at which the clock had been set back. Ends at one whose time cannot be read."""
    latest: datetime | None = None
    times = journal.entries._default_manager.order_by("sequence").values_list("sequence", "recorded_at")
    try:
        for sequence, recorded_at in times.iterator(2000):
            if latest is not None and latest - recorded_at >= LEAST:
                yield ClockSetBack(sequence, latest, recorded_at)
                latest = recorded_at  # the clock as it is from here on
            latest = recorded_at if latest is None else max(latest, recorded_at)
    except (ValueError, TypeError, AttributeError, DatabaseFault):
        return  # `proof.verify` says so
