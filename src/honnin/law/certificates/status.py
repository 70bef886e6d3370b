"""How a certificate stands: one enumeration, and one answer for the agency, the counter and every screen."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.validity import has_expired


class Status(StrEnum):
    """A certificate's status, in the words of RFC 6960 and RFC 5280 (a hold is `certificateHold` there)."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # to the status service

    @property
    def stands(self) -> bool:
        """Whether it has not lapsed. On hold it still counts (規約第3条第5項): it may come back."""
        return self in (Status.GOOD, Status.HELD)


RECORDED: Final = (Status.GOOD, Status.HELD, Status.REVOKED)
"""What is recorded of a certificate. Expiry is asked by the day."""


class StatusEvent(StrEnum):
    """What changes how a certificate stands."""

    LOSS = "report of loss (of the signature certificate: lapse)"
    RELEASE = "release of the hold"
    LAPSE = "lapse"
    LAST_DAY = "its last day passes"


TRANSITIONS: Mapping[Status, Mapping[StatusEvent, Status]] = MappingProxyType(
    {
        Status.GOOD: {
            StatusEvent.LOSS: Status.HELD,
            StatusEvent.LAPSE: Status.REVOKED,
            StatusEvent.LAST_DAY: Status.EXPIRED,
        },
        Status.HELD: {
            StatusEvent.RELEASE: Status.GOOD,
            StatusEvent.LAPSE: Status.REVOKED,
            StatusEvent.LAST_DAY: Status.EXPIRED,
        },
        Status.REVOKED: {},
        Status.EXPIRED: {},
    }
)
"""The life of a certificate. What lapses never comes back; what expires is applied for anew."""


@cites("S3-2", "act/15", "act/34")
def status_on(recorded: Status, expiry: date, on: date) -> Status:
    """How a certificate stands on a day, by what is recorded of it or the status service says.

    法第15条・第34条: it loses effect when a lapse is recorded, or when its validity ends. What was on hold
    then cannot be released any more (規約第9条): it has expired like any other.
    """
    return Status.EXPIRED if recorded.stands and has_expired(expiry, on) else recorded


@cites("S4-4.3")
def hand_over_refusals(brought: Iterable[Status]) -> tuple[Refusal, ...]:
    """Why what an application brought cannot be handed over: some of it has no effect (規約第4条第3項).

    E_CERT_REVOKED and E_CERT_EXPIRED for good, E_CERT_HELD until the hold is released.
    """
    statuses = frozenset(brought)
    codes = {Status.REVOKED: "E_CERT_REVOKED", Status.EXPIRED: "E_CERT_EXPIRED", Status.HELD: "E_CERT_HELD"}
    return tuple(Refusal(code, ("S4-4.3",)) for status, code in codes.items() if status in statuses)
