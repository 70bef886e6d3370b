"""How birthdays, ages, months and years are counted (card ordinance art. 26(2), civil code art. 143)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.calendar import age_on, birthday_in, last_day_of_years, months_before, nth_birthday_after

LIVES = st.dates(date(1900, 1, 1), date(2030, 12, 31))
DAYS = st.dates(date(2004, 1, 1), date(2060, 12, 31))


@pytest.mark.clause("card-ordinance/26")
@pytest.mark.parametrize(
    ("year", "birthday"), [(2023, date(2023, 2, 28)), (2024, date(2024, 2, 29)), (2100, date(2100, 2, 28))]
)
def test_a_birthday_on_29_february_counts_as_28_february_where_the_year_has_none(
    year: int, birthday: date
) -> None:
    assert birthday_in(year, date(1996, 2, 29)) == birthday


@pytest.mark.parametrize(
    ("birth_date", "after", "n", "expected"),
    [
        (date(1980, 5, 10), date(2024, 5, 9), 1, date(2024, 5, 10)),
        (date(1980, 5, 10), date(2024, 5, 10), 1, date(2025, 5, 10)),
        (date(1980, 5, 10), date(2024, 5, 11), 1, date(2025, 5, 10)),
        (date(1980, 5, 10), date(2024, 5, 10), 5, date(2029, 5, 10)),
        (date(1980, 1, 1), date(2023, 12, 31), 1, date(2024, 1, 1)),
        (date(2000, 2, 29), date(2023, 2, 27), 1, date(2023, 2, 28)),
        (date(2000, 2, 29), date(2023, 2, 28), 1, date(2024, 2, 29)),
        (date(2000, 2, 29), date(2024, 2, 28), 5, date(2028, 2, 29)),
    ],
)
def test_a_birthday_on_the_day_itself_is_not_counted(
    birth_date: date, after: date, n: int, expected: date
) -> None:
    assert nth_birthday_after(birth_date, after, n) == expected


def test_birthdays_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from one"):
        nth_birthday_after(date(1980, 5, 10), date(2024, 5, 10), 0)


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2004, 2, 29), 0),
        (date(2005, 2, 27), 0),
        (date(2005, 2, 28), 1),
        (date(2022, 2, 27), 17),
        (date(2022, 2, 28), 18),
        (date(2024, 2, 28), 19),
        (date(2024, 2, 29), 20),
    ],
)
def test_age_rises_on_the_birthday(on: date, age: int) -> None:
    assert age_on(date(2004, 2, 29), on) == age


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(ValueError, match="before birth"):
        age_on(date(2004, 2, 29), date(2004, 2, 28))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2020, 9, 24), 3, date(2020, 6, 24)),
        (date(2025, 5, 31), 3, date(2025, 2, 28)),
        (date(2024, 5, 31), 3, date(2024, 2, 29)),
        (date(2025, 11, 30), 3, date(2025, 8, 30)),
        (date(2025, 2, 10), 3, date(2024, 11, 10)),
        (date(2025, 3, 10), 3, date(2024, 12, 10)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
    ],
)
def test_months_before_stop_at_the_end_of_a_shorter_month(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.clause("civil-code/143")
@pytest.mark.parametrize(
    ("first_day", "years", "last_day"),
    [
        (date(2015, 12, 22), 3, date(2018, 12, 21)),
        (date(2012, 3, 1), 3, date(2015, 2, 28)),
        (date(2012, 2, 29), 3, date(2015, 2, 28)),
        (date(2012, 2, 29), 4, date(2016, 2, 28)),
        (date(2013, 2, 28), 3, date(2016, 2, 27)),
        (date(2014, 1, 1), 3, date(2016, 12, 31)),
    ],
)
def test_a_period_of_years_counts_its_first_day(first_day: date, years: int, last_day: date) -> None:
    assert last_day_of_years(first_day, years) == last_day


@given(LIVES, DAYS, st.integers(1, 12))
def test_the_nth_birthday_is_later_and_one_year_after_the_one_before(
    birth_date: date, after: date, n: int
) -> None:
    earlier, later = (nth_birthday_after(birth_date, after, k) for k in (n, n + 1))
    assert after < earlier < later
    assert later.year == earlier.year + 1
    assert earlier <= after + timedelta(days=366 * n)


@given(LIVES, DAYS)
def test_age_is_the_number_of_birthdays_lived(birth_date: date, on: date) -> None:
    if on < birth_date:
        return
    age = age_on(birth_date, on)
    assert age_on(birth_date, nth_birthday_after(birth_date, on, 1)) == age + 1
    assert age_on(birth_date, nth_birthday_after(birth_date, on, 1) - timedelta(days=1)) == age


@given(DAYS, st.integers(1, 30))
def test_months_before_lands_in_the_right_month(day: date, months: int) -> None:
    earlier = months_before(day, months)
    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months
    assert earlier.day == day.day or (earlier.day < day.day and (earlier + timedelta(days=1)).day == 1)
