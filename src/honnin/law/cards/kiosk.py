"""PINs set again at a kiosk of a store, after a reservation by the app (the guide of June 2024).

No kiosk is built: these rules are shown to holders. For the number card only; a Juki card has none.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from honnin.clock import JAPAN
from honnin.errors import Refusal
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.terms import Generation

OPENS, CLOSES = time(6, 30), time(23)
"""The service hours of the kiosks, every day, in Japan's time (S2-K8b)."""
RESERVATION_LASTS = timedelta(hours=24)
"""How long after its reservation a reset may be done (S2-K6)."""
PINS_AT_KIOSKS: Collection[PinKind] = frozenset({PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION})


@cites("S2-K1")
def kiosk_pin_refusals(kind: PinKind, generation: Generation) -> tuple[Refusal, ...]:
    """Why a kiosk sets no such PIN: E_KIOSK_PIN_NOT_SUPPORTED but for the two of the certificates."""
    supported = generation is Generation.NUMBER_CARD and kind in PINS_AT_KIOSKS
    return () if supported else (Refusal("E_KIOSK_PIN_NOT_SUPPORTED", ("S2-K1",)),)


@cites("S2-K5", "S2-K6", "S2-K8b")
def kiosk_refusals(reserved_at: datetime | None, at: datetime) -> tuple[Refusal, ...]:
    """Why a kiosk does nothing at an instant: outside its hours, without a reservation, or after it ended.

    E_KIOSK_CLOSED, E_KIOSK_NO_RESERVATION, E_KIOSK_RESERVATION_EXPIRED. A reservation of the evening ends
    after its 24 hours, though the kiosks are closed by then.
    """
    open_now = OPENS <= at.astimezone(JAPAN).time() < CLOSES
    refusals = [] if open_now else [Refusal("E_KIOSK_CLOSED", ("S2-K8b",))]
    if reserved_at is None:
        refusals.append(Refusal("E_KIOSK_NO_RESERVATION", ("S2-K5",)))
    elif at - reserved_at > RESERVATION_LASTS:
        refusals.append(Refusal("E_KIOSK_RESERVATION_EXPIRED", ("S2-K6",)))
    return tuple(refusals)
