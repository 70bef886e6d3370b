"""A PIN set again at a kiosk: who may reserve it, and when the reservation can be used.

One question for both steps, so that what refuses at the store refuses before the way there. Nothing is issued
at a kiosk, and whoever does not know the other PIN either goes to the counter, which stays open to everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from honnin.clock import day_in_japan
from honnin.errors import Refusal
from honnin.law.cards.kiosk import (
    RESERVATION_LASTS,
    Maintenance,
    StoreChain,
    closed_refusals,
    kiosk_pin_refusals,
    maintenance_refusals,
    store_refusals,
)
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import Generation, Purpose

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead a reservation may lie: the clocks of one service differ a little (our choice)."""
_KNOWN_INSTEAD: Mapping[PinKind, PinKind] = MappingProxyType(
    {
        PinKind.SIGNATURE: PinKind.USER_AUTHENTICATION,
        PinKind.USER_AUTHENTICATION: PinKind.SIGNATURE,
    }
)


@dataclass(frozen=True, kw_only=True)
class KioskFacts:
    """All that the decision on the card rests on.

    `certificates`: how those stand that were issued onto this card, the newest of each purpose;
    `entry_changed`: one of the four attributes did since; `without_photo`: there is no face to compare with.
    `without_pins` and `without_photo` are of a card as it lies there: the agency's register knows neither
    yet, and without its PINs a card signs no request.
    """

    pin: PinKind
    card: CardStanding
    certificates: Mapping[Purpose, Status]
    generation: Generation = Generation.NUMBER_CARD
    entry_changed: bool = False
    without_pins: bool = False
    without_photo: bool = False


def known_instead(pin: PinKind) -> PinKind:
    """The PIN that its holder must know to have this one set at a kiosk. Raises KeyError for other PINs."""
    return _KNOWN_INSTEAD[pin]


@cites("S2-K1", "S2-K8a")
def card_refusals_at_kiosks(facts: KioskFacts, on: date) -> tuple[Refusal, ...]:
    """Everything that stands against setting this PIN of this card at any kiosk on a day.

    Of somebody else's card nothing more is said than E_CARD_OTHERS, of a card without PINs nothing of its
    certificates. What ended or is missing is issued at the counter alone.
    """
    found = (
        *kiosk_pin_refusals(facts.pin, facts.generation),
        *card_at_hand_refusals(facts.card, on),
    )
    if not facts.card.belongs_to_applicant:
        return found
    if facts.without_pins:
        return (*found, Refusal("E_KIOSK_CARD_WITHOUT_PINS", ("rules/42",)))
    photo = (Refusal("E_KIOSK_CARD_WITHOUT_PHOTO", ("S2-2.3",)),) * facts.without_photo
    return tuple(dict.fromkeys((*found, *photo, *_certificate_refusals(facts))))


def _certificate_refusals(facts: KioskFacts) -> tuple[Refusal, ...]:
    """Both certificates must stand, also the one whose PIN is known: practice has it (B 10)."""
    if facts.entry_changed:
        return (Refusal("E_KIOSK_ENTRY_CHANGED", ("S2-3a",)),)
    codes = {
        Status.REVOKED: "E_CERT_REVOKED",
        Status.EXPIRED: "E_CERT_EXPIRED",
        Status.HELD: "E_CERT_HELD",
    }
    standing = [facts.certificates.get(purpose) for purpose in Purpose]
    missing = (Refusal("E_KIOSK_CERTIFICATE_MISSING", ("S2-2.3",)),) * (None in standing)
    return (*missing, *(Refusal(codes[each], ("S2-2.3",)) for each in standing if each in codes))


@cites("S2-K5", "S2-K6")
def reservation_refusals(reserved_at: datetime | None, at: datetime) -> tuple[Refusal, ...]:
    """Why there is no reservation to use at an instant: E_KIOSK_NO_RESERVATION, E_KIOSK_RESERVATION_EXPIRED.

    It lasts 24 hours to the second from its completion. One of the evening ends after them, though the kiosks
    are closed by then. One that lies ahead was made by a clock that was fast, and nobody knows when it ends.
    """
    if reserved_at is None:
        return (Refusal("E_KIOSK_NO_RESERVATION", ("S2-K5",)),)
    lasts = -CLOCKS_DIFFER <= at - reserved_at <= RESERVATION_LASTS
    return () if lasts else (Refusal("E_KIOSK_RESERVATION_EXPIRED", ("S2-K6",)),)


@cites("S2-K7b")
def refusals_to_reserve(
    facts: KioskFacts, at: datetime, maintenance: Iterable[Maintenance] = ()
) -> tuple[Refusal, ...]:
    """Everything that stands against a reservation at an instant; the hour of the day never does."""
    return (*maintenance_refusals(at, maintenance), *card_refusals_at_kiosks(facts, day_in_japan(at)))


@cites("S2-K5", "S2-K6", "S2-K8a", "S2-K8b")
def kiosk_refusals(
    facts: KioskFacts,
    *,
    chain: StoreChain,
    reserved_at: datetime | None,
    at: datetime,
    maintenance: Iterable[Maintenance] = (),
) -> tuple[Refusal, ...]:
    """Everything that stands against setting the PIN at a store's kiosk at an instant."""
    on = day_in_japan(at)
    anywhere = kiosk_pin_refusals(facts.pin, facts.generation)
    found = (
        *closed_refusals(at, maintenance),
        *(() if anywhere else store_refusals(facts.pin, chain, on)),
        *card_refusals_at_kiosks(facts, on),
        *reservation_refusals(reserved_at, at),
    )
    return tuple(dict.fromkeys(found))
