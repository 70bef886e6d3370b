"""Kiosks: which PINs, in whose stores from which day, and when they work (the guide of June 2024)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from honnin.clock import JAPAN
from honnin.law.cards.kiosk import (
    Maintenance,
    StoreChain,
    closed_refusals,
    kiosk_pin_refusals,
    maintenance_refusals,
    next_opening,
    opening_hours,
    pins_at,
    store_refusals,
)
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Generation

NOON = datetime(2024, 7, 1, 12, 0, tzinfo=JAPAN)
OWN = {PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION}
SIGNATURE_ONLY = {StoreChain.LAWSON, StoreChain.FAMILY_MART, StoreChain.MINISTOP, StoreChain.DAIEI}


@pytest.mark.clause("S2-K1")
@pytest.mark.parametrize("kind", list(PinKind))
def test_two_of_the_four_pins_of_a_number_card(kind: PinKind) -> None:
    codes = [refusal.code for refusal in kiosk_pin_refusals(kind, Generation.NUMBER_CARD)]
    assert codes == ([] if kind in OWN else ["E_KIOSK_PIN_NOT_SUPPORTED"])
    assert kiosk_pin_refusals(kind, Generation.JUKI_CARD)


@pytest.mark.clause("S2-K1")
@pytest.mark.parametrize(
    ("on", "signature", "authentication"),
    [
        (date(2022, 2, 28), set(), set()),
        (date(2022, 3, 1), {StoreChain.SEVEN_ELEVEN, StoreChain.LAWSON}, set()),
        (date(2024, 6, 29), {StoreChain.SEVEN_ELEVEN, StoreChain.LAWSON}, set()),
        (date(2024, 6, 30), set(StoreChain), set(StoreChain) - SIGNATURE_ONLY),
    ],
)
def test_which_store_sets_which_pin_from_which_day(
    on: date, signature: set[StoreChain], authentication: set[StoreChain]
) -> None:
    assert {chain for chain in StoreChain if PinKind.SIGNATURE in pins_at(chain, on)} == signature
    assert {
        chain for chain in StoreChain if PinKind.USER_AUTHENTICATION in pins_at(chain, on)
    } == authentication
    refused = {chain for chain in StoreChain if store_refusals(PinKind.SIGNATURE, chain, on)}
    assert refused == set(StoreChain) - signature


@pytest.mark.parametrize("chain", list(StoreChain))
@pytest.mark.parametrize("kind", sorted(set(PinKind) - OWN))
def test_no_store_sets_another_pin(kind: PinKind, chain: StoreChain) -> None:
    (refusal,) = store_refusals(kind, chain, date(2030, 1, 1))
    assert refusal.code == "E_KIOSK_PIN_ELSEWHERE"


@pytest.mark.clause("S2-K8b")
@pytest.mark.parametrize(
    ("at", "codes"),
    [
        (time(0), ["E_KIOSK_CLOSED"]),
        (time(6, 29, 59, 999999), ["E_KIOSK_CLOSED"]),
        (time(6, 30), []),
        (time(22, 59, 59, 999999), []),
        (time(23), ["E_KIOSK_CLOSED"]),
    ],
)
def test_kiosks_are_open_from_half_past_six_to_eleven(at: time, codes: list[str]) -> None:
    here = datetime.combine(NOON, at, JAPAN)
    assert [refusal.code for refusal in closed_refusals(here)] == codes
    assert closed_refusals(here.astimezone(UTC)) == closed_refusals(here)


@pytest.mark.clause("S2-K8b")
@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 12, 28), True),
        (date(2024, 12, 29), False),
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), False),
        (date(2025, 1, 3), False),
        (date(2025, 1, 4), True),
        (date(2028, 2, 29), True),
    ],
)
def test_kiosks_rest_at_the_turn_of_the_year(day: date, works: bool) -> None:
    assert (opening_hours(day) is not None) is works
    codes = [refusal.code for refusal in closed_refusals(datetime.combine(day, time(12), JAPAN))]
    assert codes == ([] if works else ["E_KIOSK_YEAR_END"])


@pytest.mark.clause("S2-K8b")
def test_the_next_opening_is_the_first_instant_at_which_nothing_closes_a_kiosk() -> None:
    def opens(day: date, at: time, windows: tuple[Maintenance, ...] = ()) -> datetime:
        return next_opening(datetime.combine(day, at, JAPAN).astimezone(UTC), windows)

    may = date(2024, 5, 8)
    for at, day, hour in [
        (time(0), may, time(6, 30)),
        (time(6, 29, 59), may, time(6, 30)),
        (time(12, 34), may, time(12, 34)),
        (time(23), may + timedelta(days=1), time(6, 30)),
    ]:
        assert opens(may, at) == datetime.combine(day, hour, JAPAN)
    assert opens(date(2024, 12, 28), time(23)) == datetime(2025, 1, 4, 6, 30, tzinfo=JAPAN)
    assert opens(date(2025, 1, 3), time(23, 59)) == datetime(2025, 1, 4, 6, 30, tzinfo=JAPAN)
    rest = Maintenance(datetime(2024, 5, 8, 22, tzinfo=JAPAN), datetime(2024, 5, 9, 7, tzinfo=JAPAN))
    after = Maintenance(rest.ends, rest.ends + timedelta(hours=1))
    for windows, begins in (((rest,), 7), ((after, rest), 8)):
        found = opens(may, time(22, 30), windows)
        assert (found, closed_refusals(found, windows)) == (datetime(2024, 5, 9, begins, tzinfo=JAPAN), ())


@pytest.mark.clause("S2-K7b")
def test_maintenance_stops_reservations_and_kiosks_from_its_first_instant_to_before_its_last() -> None:
    windows = [Maintenance(NOON, NOON + timedelta(hours=2))]
    instant = timedelta(microseconds=1)
    for at, resting in [
        (NOON - instant, False),
        (NOON, True),
        (NOON + timedelta(hours=2) - instant, True),
        (NOON + timedelta(hours=2), False),
    ]:
        codes = ["E_MAINTENANCE"] if resting else []
        assert [refusal.code for refusal in maintenance_refusals(at, windows)] == codes
        assert [refusal.code for refusal in closed_refusals(at, windows)] == codes
    midnight = NOON.replace(hour=0)
    assert maintenance_refusals(midnight, windows) == ()  # reservations are taken at any hour
