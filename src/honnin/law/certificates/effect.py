"""Whether a certificate has effect on a day: one answer for the agency, the counter and every screen."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.validity import has_expired


class Effect(StrEnum):
    """How a certificate stands on a day. The first three words are also what is recorded of it."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"

    @property
    def stands(self) -> bool:
        """Whether it has not lapsed. On hold it still counts (規約第3条第5項): it may come back."""
        return self in (Effect.GOOD, Effect.HELD)


class Turn(StrEnum):
    """What changes how a certificate stands."""

    LOSS = "report of loss (of the signature certificate: lapse)"
    RELEASE = "release of the hold"
    LAPSE = "lapse"
    LAST_DAY = "its last day passes"


LIFE: Mapping[Effect, Mapping[Turn, Effect]] = MappingProxyType(
    {
        Effect.GOOD: {
            Turn.LOSS: Effect.HELD,
            Turn.LAPSE: Effect.REVOKED,
            Turn.LAST_DAY: Effect.EXPIRED,
        },
        Effect.HELD: {
            Turn.RELEASE: Effect.GOOD,
            Turn.LAPSE: Effect.REVOKED,
            Turn.LAST_DAY: Effect.EXPIRED,
        },
        Effect.REVOKED: {},
        Effect.EXPIRED: {},
    }
)
"""The life of a certificate. What lapses never comes back; what expires is applied for anew."""


@cites("S3-2", "act/15", "act/34")
def effect_on(recorded: str, expiry: date, on: date) -> Effect:
    """How a certificate stands on a day, by what is recorded of it (`good`, `held` or `revoked`).

    法第15条・第34条: it loses effect when a lapse is recorded, or when its validity ends. What was on hold
    then cannot be released any more (規約第9条): it has expired like any other.
    """
    effect = Effect(recorded)
    return Effect.EXPIRED if effect.stands and has_expired(expiry, on) else effect


@cites("S4-4.3")
def hand_over_refusals(brought: Iterable[Effect]) -> tuple[Refusal, ...]:
    """Why what an application brought cannot be handed over: some of it has no effect (規約第4条第3項).

    E_CERT_REVOKED and E_CERT_EXPIRED for good, E_CERT_HELD until the hold is released.
    """
    effects = frozenset(brought)
    said = {Effect.REVOKED: "E_CERT_REVOKED", Effect.EXPIRED: "E_CERT_EXPIRED", Effect.HELD: "E_CERT_HELD"}
    return tuple(Refusal(code, ("S4-4.3",)) for effect, code in said.items() if effect in effects)
