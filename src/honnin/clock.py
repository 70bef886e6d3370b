"""The one source of "now" and of "today in Japan".

Legal days are `date` in Japan time; instants are aware `datetime` in UTC. Nothing else in the package
asks the machine for the time: a clock is passed as an argument, so that a test, a demonstration or a
simulation can live on another day.
"""

import time as machine
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Protocol

JAPAN = timezone(timedelta(hours=9), "JST")


class Clock(Protocol):
    """A source of the present time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Running:
    """The boot of this machine and its uptime in seconds, asleep or awake, which nobody can set."""

    boot: str
    seconds: float

    @classmethod
    def now(cls) -> "Running":
        """Of this machine (Linux); elsewhere of this process."""
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
            return cls(boot, machine.clock_gettime(machine.CLOCK_BOOTTIME))
        except (OSError, AttributeError):
            return cls(str(id(machine)), machine.monotonic())


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; for tests and for stories told in other years."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant.astimezone(UTC)

    def move_to(self, instant: datetime) -> None:
        self.instant = instant


def is_recent(remembered: datetime, now: datetime, length: timedelta) -> bool:
    """Whether an instant that was remembered is less than `length` ago.

    One that lies ahead is not: the clock was set back since, and nobody knows how long ago it was. So what is
    done every so often is done again, and what is kept for a while is not kept until the clock catches up.
    """
    return timedelta(0) <= now - remembered < length


def day_in_japan(instant: datetime) -> date:
    """The legal day on which an aware instant falls.

    Raises ValueError for a naive datetime: a time without a zone has no legal day.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(JAPAN).date()


def end_of_day_in_japan(day: date) -> datetime:
    """The last second of a legal day, 23:59:59 Japan time, as an instant in UTC (14:59:59Z).

    Certificates end with the last day of their validity, as the CA's own do.
    """
    return datetime.combine(day, time(23, 59, 59), JAPAN).astimezone(UTC)


def whole_second(instant: datetime) -> datetime:
    """The instant in UTC without fractions of a second, as certificates and CRLs write it."""
    return instant.astimezone(UTC).replace(microsecond=0)
