"""How the law counts birthdays, ages, months and years. Days only, never instants.

Refuses to guess where the calendar has a gap: each function says what happens on 29 February and at the
end of a short month.
"""

import calendar
from datetime import date, timedelta

from honnin.law.citation import cites

FEBRUARY = 2


@cites("card-ordinance/26")
def birthday_in(year: int, birth_date: date) -> date:
    """The birthday in a year; 29 February counts as 28 February where the year has none.

    個人番号カードに関する命令第26条第2項。The ordinance says so for the card; our choice is to count the
    birthdays of certificates the same way, for their articles are silent and the card caps them anyway.
    """
    if (birth_date.month, birth_date.day) == (FEBRUARY, 29) and not calendar.isleap(year):
        return date(year, FEBRUARY, 28)
    return birth_date.replace(year=year)


def nth_birthday_after(birth_date: date, after: date, n: int) -> date:
    """The n-th birthday (n >= 1) later than a day; a birthday on that very day is not counted.

    「発行の日後のn回目の誕生日」: issued on a birthday, the 5th birthday after it is exactly 5 years away.
    Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError("birthdays are counted from one")
    first_year = after.year if birthday_in(after.year, birth_date) > after else after.year + 1
    return birthday_in(first_year + n - 1, birth_date)


def age_on(birth_date: date, on: date) -> int:
    """Age in completed years on a day; it rises on the birthday itself (28 February for 29 February).

    Our choice: the Act on the calculation of age completes a year of age with the end of the day before, so
    the birthday is the first whole day on which the new age holds. Raises ValueError for a day before birth.
    """
    if on < birth_date:
        raise ValueError("nobody has an age before birth")
    return on.year - birth_date.year - (on < birthday_in(on.year, birth_date))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day when it is shorter.

    Our choice for the end of a month (30 November less 3 months is 30 August, 31 May is 28 or 29 February).
    """
    ordinal = day.year * 12 + (day.month - 1) - months
    year, month = divmod(ordinal, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last_day))


@cites("civil-code/143")
def last_day_of_years(first_day: date, years: int) -> date:
    """The last day of a period of whole years whose first day counts.

    民法第143条第2項: it ends on the day before the corresponding day, or with the month when there is no
    corresponding day (3 years from 29 February 2012 end on 28 February 2015).
    """
    corresponding = months_before(first_day, -12 * years)
    return corresponding if corresponding.day != first_day.day else corresponding - timedelta(days=1)
