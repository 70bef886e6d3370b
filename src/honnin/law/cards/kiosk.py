"""Kiosks of stores, where PINs are set again after a reservation: when they work, and which PINs where.

For the number card only; a Juki card has no kiosk. What holds on a day is chosen by its date, here alone. Who
may reserve and have a PIN set there is said in `kiosk_reset`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from honnin.clock import JAPAN
from honnin.errors import Refusal
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.terms import Generation

OPENS, CLOSES = time(6, 30), time(23)
"""The service hours of the kiosks, in Japan's time (S2-K8b)."""
YEAR_END: Final = ((12, 29), (1, 3))
"""The first and the last day, both included, of the turn of the year, when the terminals do not work.

Practice has it for the certificates that stores print; for the reset no text says it, and our choice is the
same, for it is the same terminal. Reservations are taken on those days all the same.
"""
RESERVATION_LASTS = timedelta(hours=24)
"""How long after its reservation a reset may be done (S2-K6)."""
PINS_AT_KIOSKS: Collection[PinKind] = frozenset({PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION})


class StoreChain(StrEnum):
    """Whose stores have kiosks for this. Of two chains only some stores: which, their own lists say."""

    SEVEN_ELEVEN = "seven_eleven"
    LAWSON = "lawson"
    FAMILY_MART = "family_mart"
    MINISTOP = "ministop"
    DAIEI = "daiei"  # some stores
    AEON_RETAIL = "aeon_retail"  # Honshu and Shikoku
    AEON_HOKKAIDO = "aeon_hokkaido"  # some stores
    AEON_TOHOKU = "aeon_tohoku"
    FUJI = "fuji"


# The first days of which a text says that it was offered; the beginnings are not published (our choice).
_SPRING_2022: Final = date(2022, 3, 1)
_GUIDE_OF_2024: Final = date(2024, 6, 30)
_OFFERED_FROM: Mapping[PinKind, Mapping[StoreChain, date]] = MappingProxyType(
    {
        PinKind.SIGNATURE: dict.fromkeys(StoreChain, _GUIDE_OF_2024)
        | dict.fromkeys((StoreChain.SEVEN_ELEVEN, StoreChain.LAWSON), _SPRING_2022),
        PinKind.USER_AUTHENTICATION: dict.fromkeys(
            (
                StoreChain.SEVEN_ELEVEN,
                StoreChain.AEON_RETAIL,
                StoreChain.AEON_HOKKAIDO,
                StoreChain.AEON_TOHOKU,
                StoreChain.FUJI,
            ),
            _GUIDE_OF_2024,
        ),
    }
)


@dataclass(frozen=True)
class Maintenance:
    """A window in which the service rests: two aware instants, the second not included."""

    begins: datetime
    ends: datetime

    def covers(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@cites("S2-K1")
def kiosk_pin_refusals(kind: PinKind, generation: Generation) -> tuple[Refusal, ...]:
    """Why a kiosk sets no such PIN: E_KIOSK_PIN_NOT_SUPPORTED but for the two of the certificates."""
    supported = generation is Generation.NUMBER_CARD and kind in PINS_AT_KIOSKS
    return () if supported else (Refusal("E_KIOSK_PIN_NOT_SUPPORTED", ("S2-K1",)),)


def pins_at(chain: StoreChain, on: date) -> frozenset[PinKind]:
    """The PINs that the kiosks of a chain set on a day."""
    return frozenset(
        kind for kind, chains in _OFFERED_FROM.items() if chain in chains and chains[chain] <= on
    )


@cites("S2-K1")
def store_refusals(kind: PinKind, chain: StoreChain, on: date) -> tuple[Refusal, ...]:
    """Why this store's kiosk does not set a PIN on a day: E_KIOSK_PIN_ELSEWHERE where its chain does not.

    Where the store stands is no question: one near home or near work does as well.
    """
    return () if kind in pins_at(chain, on) else (Refusal("E_KIOSK_PIN_ELSEWHERE", ("S2-K1",)),)


def opening_hours(on: date) -> tuple[time, time] | None:
    """When kiosks work on a day, in Japan's time, the second not included; None where they do not."""
    first, last = YEAR_END
    return None if (on.month, on.day) >= first or (on.month, on.day) <= last else (OPENS, CLOSES)


@cites("S2-K8b")
def next_opening(at: datetime, maintenance: Collection[Maintenance] = ()) -> datetime:
    """The first instant from `at` on at which kiosks work, aware; `at` itself while they do."""
    day = at.astimezone(JAPAN).date()
    while True:
        if (hours := opening_hours(day)) is not None:
            begins, ends = (datetime.combine(day, hour, JAPAN) for hour in hours)
            free = _after_maintenance(max(at, begins), maintenance)
            if free < ends:
                return free
        day += timedelta(days=1)


def _after_maintenance(at: datetime, maintenance: Collection[Maintenance]) -> datetime:
    while resting := [each.ends for each in maintenance if each.covers(at)]:
        at = max(resting)
    return at


@cites("S2-K8b")
def closed_refusals(at: datetime, maintenance: Iterable[Maintenance] = ()) -> tuple[Refusal, ...]:
    """Why no kiosk works at an instant: E_KIOSK_CLOSED outside its hours, E_KIOSK_YEAR_END at the turn of the
    year, E_MAINTENANCE.
    """
    local = at.astimezone(JAPAN)
    hours = opening_hours(local.date())
    if hours is None:
        return (Refusal("E_KIOSK_YEAR_END", ("S2-K8b",)),)
    open_now = hours[0] <= local.time() < hours[1]
    closed = () if open_now else (Refusal("E_KIOSK_CLOSED", ("S2-K8b",)),)
    return (*closed, *maintenance_refusals(at, maintenance))


@cites("S2-K7b")
def maintenance_refusals(at: datetime, maintenance: Iterable[Maintenance]) -> tuple[Refusal, ...]:
    """Why no reservation is taken at an instant: E_MAINTENANCE, and else they are at any hour."""
    resting = any(each.covers(at) for each in maintenance)
    return (Refusal("E_MAINTENANCE", ("S2-K7b",)),) * resting
