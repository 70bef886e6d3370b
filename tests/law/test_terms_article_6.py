"""Terms art. 6: renewal with less than three months to expiry."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.calendar import months_before
from honnin.law.validity import renewal_opens_on, renewal_refusals

OPENINGS = [
    (date(2020, 9, 24), date(2020, 6, 25)),
    (date(2025, 11, 30), date(2025, 8, 31)),
    (date(2025, 5, 31), date(2025, 3, 1)),
    (date(2024, 5, 29), date(2024, 3, 1)),
    (date(2024, 5, 30), date(2024, 3, 1)),
    (date(2025, 2, 28), date(2024, 11, 29)),
    (date(2025, 3, 31), date(2025, 1, 1)),
    (date(2025, 1, 10), date(2024, 10, 11)),
]


@pytest.mark.clause("S4-6", "S1-E4.2", "S2-4.2")
@pytest.mark.parametrize(("expiry", "opens_on"), OPENINGS)
def test_renewal_opens_the_day_after_the_day_three_months_before_expiry(expiry: date, opens_on: date) -> None:
    assert renewal_opens_on(expiry) == opens_on


@pytest.mark.clause("S4-6", "S1-E4.2", "S2-4.2")
@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2020, 6, 24), ["E_WINDOW_CLOSED"]),
        (date(2020, 6, 25), []),
        (date(2020, 9, 24), []),
        (date(2020, 9, 25), ["E_CERT_EXPIRED"]),
    ],
)
def test_the_window_is_open_to_the_last_day_of_validity(on: date, codes: list[str]) -> None:
    assert [refusal.code for refusal in renewal_refusals(date(2020, 9, 24), on)] == codes


@pytest.mark.clause("S4-6")
@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2027, 5, 10), ["E_WINDOW_CLOSED"]),
        (date(2027, 5, 11), []),
        (date(2028, 5, 10), []),
        (date(2028, 5, 11), ["E_CERT_EXPIRED"]),
    ],
)
def test_persons_who_moved_abroad_may_renew_in_the_last_year(on: date, codes: list[str]) -> None:
    assert [
        refusal.code for refusal in renewal_refusals(date(2028, 5, 10), on, resident_abroad=True)
    ] == codes


@pytest.mark.clause("S4-6")
@given(st.dates(date(2016, 4, 1), date(2060, 12, 31)), st.integers(-500, 500))
def test_inside_the_window_exactly_when_less_than_three_months_are_left(expiry: date, offset: int) -> None:
    on = expiry + timedelta(days=offset)
    less_than_three_months_left = months_before(expiry, 3) < on <= expiry
    assert (renewal_refusals(expiry, on) == ()) is less_than_three_months_left
