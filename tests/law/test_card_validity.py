"""Card ordinance arts. 26, 27 and 29, card guide section 4: how long a Number Card is valid."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.validity import (
    WITHOUT_END,
    Stay,
    StayStatus,
    card_age_limit,
    card_expiry,
    card_renewal_refusals,
    end_of_stay,
)

LAST_OF_20, FIRST_OF_18 = date(2022, 3, 31), date(2022, 4, 1)
BORN = date(1980, 5, 10)
CREATED = date(2024, 4, 1)


@pytest.mark.clause("card-ordinance/26", "card-ordinance/suppl-2")
@pytest.mark.parametrize(
    ("received_on", "limit"), [(date(2016, 1, 4), 20), (LAST_OF_20, 20), (FIRST_OF_18, 18)]
)
def test_the_age_limit_goes_by_the_day_the_application_was_received(received_on: date, limit: int) -> None:
    assert card_age_limit(received_on) == limit


@pytest.mark.clause("S1-C4a", "S1-C4b", "card-ordinance/26", "card-ordinance/suppl-2")
@pytest.mark.parametrize(
    ("birth_date", "created_on", "received_on", "expected"),
    [
        # the 18th birthday, and the day before it
        (date(2006, 4, 1), date(2024, 4, 1), FIRST_OF_18, date(2034, 4, 1)),
        (date(2006, 4, 2), date(2024, 4, 1), FIRST_OF_18, date(2028, 4, 2)),
        # 19 years old on creation: what counts is the day of receipt
        (date(2003, 1, 1), date(2022, 4, 20), LAST_OF_20, date(2027, 1, 1)),
        (date(2003, 1, 1), date(2022, 4, 20), FIRST_OF_18, date(2032, 1, 1)),
        # the 20th birthday under the former rule, and the day before it
        (date(2000, 6, 1), date(2020, 6, 1), date(2020, 5, 1), date(2030, 6, 1)),
        (date(2000, 6, 2), date(2020, 6, 1), date(2020, 5, 1), date(2024, 6, 2)),
        # made on a birthday, which is not counted; made the day before, which counts it
        (BORN, date(2024, 5, 10), FIRST_OF_18, date(2034, 5, 10)),
        (BORN, date(2024, 5, 9), FIRST_OF_18, date(2033, 5, 10)),
        # 29 February
        (date(1996, 2, 29), date(2024, 3, 1), FIRST_OF_18, date(2034, 2, 28)),
        (date(2020, 2, 29), date(2020, 2, 29), date(2020, 2, 29), date(2025, 2, 28)),
    ],
)
def test_tenth_birthday_for_adults_fifth_for_the_young(
    birth_date: date, created_on: date, received_on: date, expected: date
) -> None:
    assert card_expiry(birth_date, created_on, application_received_on=received_on) == expected


@pytest.mark.clause("card-ordinance/29")
@pytest.mark.parametrize(
    ("birth_date", "expected"), [(BORN, date(2034, 5, 10)), (date(2012, 5, 10), date(2029, 5, 10))]
)
def test_a_renewed_card_lasts_one_birthday_longer(birth_date: date, expected: date) -> None:
    expiry = card_expiry(birth_date, CREATED, application_received_on=CREATED, renewal=True)
    assert expiry == expected


@pytest.mark.clause("S1-C4d", "card-ordinance/27")
@pytest.mark.parametrize("status", sorted(WITHOUT_END))
def test_three_statuses_follow_the_birthdays(status: StayStatus) -> None:
    expiry = card_expiry(BORN, CREATED, application_received_on=CREATED, stay=Stay(status))
    assert expiry == card_expiry(BORN, CREATED, application_received_on=CREATED) == date(2033, 5, 10)


@pytest.mark.clause("S1-C4d", "card-ordinance/27")
@pytest.mark.parametrize(
    ("status", "day", "expected"),
    [
        (StayStatus.MEDIUM_OR_LONG_TERM, date(2027, 3, 31), date(2027, 3, 31)),
        (StayStatus.MEDIUM_OR_LONG_TERM, date(2039, 3, 31), date(2033, 5, 10)),
        (StayStatus.TEMPORARY_REFUGE, date(2024, 9, 30), date(2024, 9, 30)),
        (StayStatus.PROVISIONAL_STAY, date(2024, 10, 1), date(2024, 10, 1)),
        (StayStatus.BORN_IN_JAPAN, date(2024, 3, 1), date(2024, 4, 30)),
        (StayStatus.LOST_NATIONALITY, date(2024, 3, 20), date(2024, 5, 19)),
    ],
)
def test_any_other_stay_ends_the_card(status: StayStatus, day: date, expected: date) -> None:
    expiry = card_expiry(BORN, CREATED, application_received_on=CREATED, stay=Stay(status, day))
    assert expiry == expected


@pytest.mark.clause("card-ordinance/27")
def test_a_longer_stay_lengthens_the_card_but_not_beyond_the_birthdays() -> None:
    ends = [date(2025, 1, 1), date(2030, 1, 1), date(2035, 1, 1)]
    stays = [Stay(StayStatus.MEDIUM_OR_LONG_TERM, day) for day in ends]
    expiries = [card_expiry(BORN, CREATED, application_received_on=CREATED, stay=stay) for stay in stays]
    assert expiries == [date(2025, 1, 1), date(2030, 1, 1), date(2033, 5, 10)]


@pytest.mark.parametrize(
    ("status", "day"), [(StayStatus.PERMANENT, CREATED), (StayStatus.MEDIUM_OR_LONG_TERM, None)]
)
def test_a_stay_has_a_day_exactly_when_it_has_an_end(status: StayStatus, day: date | None) -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Stay(status, day)


def test_japanese_nationals_have_no_end_of_stay() -> None:
    assert end_of_stay(None) is None


@pytest.mark.clause("S1-C4c", "card-ordinance/29")
@pytest.mark.parametrize(
    ("on", "abroad", "full", "codes"),
    [
        (date(2033, 2, 10), False, False, ["E_WINDOW_CLOSED"]),
        (date(2033, 2, 11), False, False, []),
        (date(2033, 5, 10), False, False, []),
        (date(2033, 5, 11), False, False, ["E_CARD_EXPIRED"]),
        (date(2032, 5, 10), True, False, ["E_WINDOW_CLOSED"]),
        (date(2032, 5, 11), True, False, []),
        (date(2026, 1, 1), False, True, []),
        (date(2033, 5, 11), False, True, ["E_CARD_EXPIRED"]),
    ],
)
def test_a_card_is_renewed_in_its_last_three_months_or_when_its_field_is_full(
    on: date, abroad: bool, full: bool, codes: list[str]
) -> None:
    refusals = card_renewal_refusals(
        date(2033, 5, 10), on, resident_abroad=abroad, additional_field_full=full
    )
    assert [refusal.code for refusal in refusals] == codes


@given(
    st.dates(date(1920, 1, 1), date(2015, 12, 31)),
    st.dates(date(2016, 1, 1), date(2050, 12, 31)),
    st.dates(date(2016, 1, 1), date(2050, 12, 31)),
    st.booleans(),
)
def test_a_stay_never_lengthens_a_card(birth_date: date, created_on: date, day: date, renewal: bool) -> None:
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, day)
    without, capped = (
        card_expiry(birth_date, created_on, application_received_on=created_on, stay=s, renewal=renewal)
        for s in (None, stay)
    )
    assert capped == min(without, day)
    assert created_on < without
