"""Who may reserve a PIN reset and use the reservation at a kiosk (the guide of June 2024, and practice)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from honnin.clock import JAPAN, day_in_japan
from honnin.errors import Refusal
from honnin.law.cards.kiosk import Maintenance, StoreChain
from honnin.law.cards.permission import CardStanding
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.status import Status
from honnin.law.kiosk_reset import (
    CLOCKS_DIFFER,
    KioskFacts,
    card_refusals_at_kiosks,
    kiosk_refusals,
    known_instead,
    refusals_to_reserve,
    reservation_refusals,
)
from honnin.law.terms import Generation, Purpose

NOON = datetime(2024, 7, 1, 12, 0, tzinfo=JAPAN)
SECOND = timedelta(seconds=1)
GOOD = {Purpose.SIGNATURE: Status.GOOD, Purpose.USER_AUTHENTICATION: Status.GOOD}
CARD = CardStanding(expiry=date(2030, 1, 1))
FACTS = KioskFacts(pin=PinKind.SIGNATURE, card=CARD, certificates=GOOD)
HERE = StoreChain.SEVEN_ELEVEN


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


def test_each_of_the_two_pins_is_set_by_who_knows_the_other() -> None:
    assert known_instead(PinKind.SIGNATURE) is PinKind.USER_AUTHENTICATION
    assert known_instead(PinKind.USER_AUTHENTICATION) is PinKind.SIGNATURE
    with pytest.raises(KeyError):
        known_instead(PinKind.CARD_FACE_ENTRY)


@pytest.mark.clause("S2-K5", "S2-K6")
@pytest.mark.parametrize(
    ("ago", "found"),
    [
        (timedelta(0), []),
        (timedelta(hours=24), []),
        (timedelta(hours=24, microseconds=1), ["E_KIOSK_RESERVATION_EXPIRED"]),
        (-CLOCKS_DIFFER, []),
        (-CLOCKS_DIFFER - SECOND, ["E_KIOSK_RESERVATION_EXPIRED"]),
    ],
)
def test_a_reservation_lasts_24_hours_and_comes_from_no_fast_clock(ago: timedelta, found: list[str]) -> None:
    assert codes(reservation_refusals(NOON - ago, NOON)) == found
    assert codes(reservation_refusals((NOON - ago).astimezone(UTC), NOON)) == found
    assert codes(reservation_refusals(None, NOON)) == ["E_KIOSK_NO_RESERVATION"]


@pytest.mark.clause("S2-K6", "S2-K8b")
def test_a_reservation_of_the_night_ends_after_its_hours_though_kiosks_are_closed() -> None:
    reserved_at = NOON.replace(hour=23, minute=30)
    for at, found in [
        (reserved_at, ["E_KIOSK_CLOSED"]),
        (NOON.replace(day=2, hour=6, minute=30), []),
        (NOON.replace(day=2, hour=23), ["E_KIOSK_CLOSED"]),
        (reserved_at + timedelta(hours=24) + SECOND, ["E_KIOSK_CLOSED", "E_KIOSK_RESERVATION_EXPIRED"]),
    ]:
        assert codes(kiosk_refusals(FACTS, chain=HERE, reserved_at=reserved_at, at=at)) == found


@pytest.mark.clause("S2-K7b")
def test_reservations_are_taken_at_any_hour_but_in_maintenance() -> None:
    for hour in range(24):
        assert refusals_to_reserve(FACTS, NOON.replace(hour=hour)) == ()
    assert refusals_to_reserve(FACTS, NOON.replace(month=1, day=1)) == ()
    windows = [Maintenance(NOON, NOON + SECOND)]
    assert codes(refusals_to_reserve(FACTS, NOON, windows)) == ["E_MAINTENANCE"]


@pytest.mark.clause("S2-K1", "S2-K8a")
@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (FACTS, []),
        (replace(FACTS, pin=PinKind.USER_AUTHENTICATION), []),
        (replace(FACTS, pin=PinKind.CARD_FACE_ENTRY), ["E_KIOSK_PIN_NOT_SUPPORTED"]),
        (replace(FACTS, generation=Generation.JUKI_CARD), ["E_KIOSK_PIN_NOT_SUPPORTED"]),
        (replace(FACTS, card=replace(CARD, belongs_to_applicant=False)), ["E_CARD_OTHERS"]),
        (
            replace(
                FACTS, card=replace(CARD, belongs_to_applicant=False), certificates={}, without_pins=True
            ),
            ["E_CARD_OTHERS"],
        ),
        (replace(FACTS, card=replace(CARD, valid=False)), ["E_CARD_INVALID"]),
        (replace(FACTS, card=replace(CARD, expiry=date(2024, 6, 30))), ["E_CARD_EXPIRED"]),
        (replace(FACTS, card=replace(CARD, expiry=day_in_japan(NOON))), []),
        (replace(FACTS, card=replace(CARD, reported_lost=True)), ["E_CARD_REPORTED_LOST"]),
        (replace(FACTS, without_photo=True), ["E_KIOSK_CARD_WITHOUT_PHOTO"]),
        (replace(FACTS, without_pins=True, certificates={}), ["E_KIOSK_CARD_WITHOUT_PINS"]),
        (replace(FACTS, entry_changed=True), ["E_KIOSK_ENTRY_CHANGED"]),
        (
            replace(FACTS, entry_changed=True, certificates=GOOD | {Purpose.SIGNATURE: Status.REVOKED}),
            ["E_KIOSK_ENTRY_CHANGED"],
        ),
        (
            replace(FACTS, certificates={Purpose.USER_AUTHENTICATION: Status.GOOD}),
            ["E_KIOSK_CERTIFICATE_MISSING"],
        ),
        (replace(FACTS, certificates={}), ["E_KIOSK_CERTIFICATE_MISSING"]),
        (
            replace(
                FACTS,
                certificates={Purpose.SIGNATURE: Status.REVOKED, Purpose.USER_AUTHENTICATION: Status.HELD},
            ),
            ["E_CERT_REVOKED", "E_CERT_HELD"],
        ),
        (replace(FACTS, certificates=dict.fromkeys(Purpose, Status.EXPIRED)), ["E_CERT_EXPIRED"]),
    ],
)
def test_what_stands_against_a_reset_of_this_card(facts: KioskFacts, found: list[str]) -> None:
    """The same at both steps, and whatever is wrong is told at once."""
    assert codes(card_refusals_at_kiosks(facts, day_in_japan(NOON))) == found
    assert codes(refusals_to_reserve(facts, NOON)) == found
    assert codes(kiosk_refusals(facts, chain=HERE, reserved_at=NOON, at=NOON)) == found


@pytest.mark.clause("S2-K1", "S2-K5", "S2-K8b")
def test_all_that_is_wrong_at_a_kiosk_is_told_at_once() -> None:
    facts = replace(FACTS, pin=PinKind.USER_AUTHENTICATION, without_photo=True)
    night = NOON.replace(hour=3)
    found = kiosk_refusals(facts, chain=StoreChain.LAWSON, reserved_at=None, at=night)
    assert codes(found) == [
        "E_KIOSK_CLOSED",
        "E_KIOSK_PIN_ELSEWHERE",
        "E_KIOSK_CARD_WITHOUT_PHOTO",
        "E_KIOSK_NO_RESERVATION",
    ]
