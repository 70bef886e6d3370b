"""Terms art. 5: how long certificates are valid; Act arts. 5 and 24, Rules 13 and 49."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.validity import (
    authentication_expiry,
    birthday_limit,
    expiry_reasons,
    has_expired,
    signature_expiry,
    use_refusals,
    valid_until_instant,
)

BORN = date(1980, 5, 10)
ISSUED = date(2024, 4, 1)
FAR = date(2040, 1, 1)

LIVES = st.dates(date(1920, 1, 1), date(2015, 12, 31))
ISSUES = st.dates(date(2016, 1, 1), date(2050, 12, 31))


@pytest.mark.clause("S4-5.1", "S4-5.2")
@pytest.mark.parametrize(
    ("expiry", "reasons"),
    [
        (date(2031, 4, 12), ["fifth_birthday", "card"]),
        (date(2032, 4, 12), ["sixth_birthday"]),
        (date(2031, 1, 1), ["authentication"]),
        (date(2030, 1, 1), []),
    ],
)
def test_the_last_day_is_told_with_the_dates_that_it_is(expiry: date, reasons: list[str]) -> None:
    found = expiry_reasons(
        expiry,
        birth_date=date(1990, 4, 12),
        issued_on=date(2026, 4, 12),
        card_expiry=date(2031, 4, 12),
        authentication_expiry=date(2031, 1, 1),
    )
    assert found == tuple(reasons)


@pytest.mark.clause("S4-5.1", "act/5", "rules/13")
@pytest.mark.parametrize(
    ("authentication", "card", "expected"),
    [
        (FAR, FAR, date(2028, 5, 10)),
        (date(2028, 5, 9), FAR, date(2028, 5, 9)),
        (FAR, date(2028, 5, 9), date(2028, 5, 9)),
        (date(2027, 1, 1), date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2027, 1, 1), date(2026, 1, 1)),
        (None, date(2027, 1, 1), date(2027, 1, 1)),
        (None, FAR, date(2028, 5, 10)),
    ],
)
def test_a_signature_certificate_lasts_to_the_earliest_of_three_dates(
    authentication: date | None, card: date, expected: date
) -> None:
    assert signature_expiry(BORN, ISSUED, authentication, card, renewal=False) == expected


@pytest.mark.clause("S4-5.1.1", "S1-E4.1a", "S2-4.1a", "S3-1")
@pytest.mark.parametrize(
    ("birth_date", "issued_on", "expected"),
    [
        (date(1980, 5, 10), date(2024, 5, 9), date(2028, 5, 10)),
        (date(1980, 5, 10), date(2024, 5, 10), date(2029, 5, 10)),
        (date(1980, 5, 10), date(2024, 5, 11), date(2029, 5, 10)),
        (date(2000, 2, 29), date(2020, 2, 29), date(2025, 2, 28)),
        (date(2000, 2, 29), date(2023, 2, 28), date(2028, 2, 29)),
        (date(1990, 12, 31), date(2024, 12, 31), date(2029, 12, 31)),
        (date(1990, 1, 1), date(2024, 12, 31), date(2029, 1, 1)),
    ],
)
def test_the_fifth_birthday_after_the_day_of_issue(birth_date: date, issued_on: date, expected: date) -> None:
    assert birthday_limit(birth_date, issued_on, renewal=False) == expected
    assert signature_expiry(birth_date, issued_on, None, FAR, renewal=False) == expected


@pytest.mark.clause("S4-5.1.1r")
@pytest.mark.parametrize(
    ("issued_on", "expected"),
    [
        (date(2024, 2, 11), date(2029, 5, 10)),
        (date(2024, 5, 9), date(2029, 5, 10)),
        (date(2024, 5, 10), date(2030, 5, 10)),
    ],
)
def test_a_renewed_signature_certificate_lasts_to_the_sixth_birthday(issued_on: date, expected: date) -> None:
    assert signature_expiry(BORN, issued_on, None, FAR, renewal=True) == expected


@pytest.mark.clause("S4-5.1.1r")
def test_a_renewal_on_the_last_day_of_validity_gains_six_years() -> None:
    """The old certificate ends on a birthday; renewed on that day, that birthday is not counted."""
    assert birthday_limit(BORN, date(2028, 5, 10), renewal=True) == date(2034, 5, 10)


@pytest.mark.clause("S4-5.1.2")
def test_the_authentication_certificate_caps_the_signature_certificate() -> None:
    """After a move the new signature certificate ends with the authentication certificate that stayed."""
    assert signature_expiry(BORN, date(2026, 9, 1), date(2028, 5, 10), FAR, renewal=False) == date(
        2028, 5, 10
    )


@pytest.mark.clause("S4-5.1.3", "S4-5.2.2", "S1-E4.1b", "S2-4.1b")
@pytest.mark.parametrize("renewal", [True, False])
def test_no_certificate_outlives_its_card(renewal: bool) -> None:
    card = date(2025, 5, 10)
    assert signature_expiry(BORN, ISSUED, FAR, card, renewal=renewal) == card
    assert authentication_expiry(BORN, ISSUED, card, renewal=renewal) == card


@pytest.mark.clause("S4-5.2", "act/24", "rules/49")
@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (date(2028, 5, 9), date(2028, 5, 9)),
        (date(2028, 5, 10), date(2028, 5, 10)),
        (date(2028, 5, 11), date(2028, 5, 10)),
    ],
)
def test_an_authentication_certificate_lasts_to_the_earlier_of_two_dates(card: date, expected: date) -> None:
    assert authentication_expiry(BORN, ISSUED, card, renewal=False) == expected


@pytest.mark.clause("S4-5.2.1")
@pytest.mark.parametrize(("renewal", "expected"), [(False, date(2028, 5, 10)), (True, date(2029, 5, 10))])
def test_fifth_birthday_or_the_sixth_in_a_renewal(renewal: bool, expected: date) -> None:
    assert authentication_expiry(BORN, ISSUED, FAR, renewal=renewal) == expected


@pytest.mark.clause("S4-5.1.1r", "S4-5.2.1")
def test_the_sixth_birthday_is_taken_literally_when_the_old_expiry_was_no_birthday() -> None:
    """A stay ended the old certificate on 20 June: the text is applied, then the card."""
    issued_on = date(2024, 6, 1)
    assert birthday_limit(BORN, issued_on, renewal=True) == date(2030, 5, 10)
    assert authentication_expiry(BORN, issued_on, date(2027, 6, 20), renewal=True) == date(2027, 6, 20)


@pytest.mark.clause("S3-2")
@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2028, 5, 10), []),
        (date(2028, 5, 11), ["E_CERT_EXPIRED"]),
        (date(2038, 1, 1), ["E_CERT_EXPIRED"]),
    ],
)
def test_a_certificate_works_to_the_end_of_its_last_day(on: date, codes: list[str]) -> None:
    assert [refusal.code for refusal in use_refusals(date(2028, 5, 10), on)] == codes


@pytest.mark.parametrize(
    ("on", "expired"),
    [(date(2028, 5, 10), False), (date(2028, 5, 11), True)],
)
def test_the_last_day_belongs_to_the_validity(on: date, expired: bool) -> None:
    assert has_expired(date(2028, 5, 10), on) is expired


def test_the_validity_ends_with_the_day_in_japan() -> None:
    assert valid_until_instant(date(2028, 5, 10)) == datetime(2028, 5, 10, 14, 59, 59, tzinfo=UTC)


@pytest.mark.clause("S4-5.1", "S4-5.2")
@given(LIVES, ISSUES, ISSUES, st.booleans())
def test_signature_ends_no_later_than_authentication_and_authentication_no_later_than_the_card(
    birth_date: date, issued_on: date, card: date, renewal: bool
) -> None:
    authentication = authentication_expiry(birth_date, issued_on, card, renewal=renewal)
    signature = signature_expiry(birth_date, issued_on, authentication, card, renewal=renewal)
    assert signature == authentication <= card


@given(LIVES, ISSUES, st.booleans())
def test_without_caps_a_certificate_lasts_four_to_six_years(
    birth_date: date, issued_on: date, renewal: bool
) -> None:
    limit = birthday_limit(birth_date, issued_on, renewal=renewal)
    assert 4 + renewal <= limit.year - issued_on.year <= 5 + renewal
    assert (limit.month, limit.day) in {(birth_date.month, birth_date.day), (2, 28)}
