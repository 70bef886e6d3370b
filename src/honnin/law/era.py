"""Dates in the Japanese calendar, both ways, and the era digit of the certificate.

Eras change by the day. Dates are written and read from 1 January of Meiji 6 (1873), when the civil calendar
became the solar one; refuses earlier days, impossible days and days outside the era they name.
"""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from honnin.errors import Malformed
from honnin.law.citation import cites

UNKNOWN_ERA_DIGIT = "0"
SOLAR_CALENDAR_FROM = date(1873, 1, 1)
GREGORIAN_CALENDAR_FROM = date(1582, 10, 15)


@dataclass(frozen=True)
class Era:
    """One era: its name, its digit in the certificate, its first and last day, the year that is its year 1.

    Taisho and Showa began within a day that had begun in the era before: that day has both names, and is
    written with the new one. Heisei and Reiwa began with a day.
    """

    name: str
    digit: str
    first_day: date
    last_day: date
    first_year: int


ERAS: tuple[Era, ...] = (
    Era("明治", "1", date(1868, 1, 25), date(1912, 7, 30), 1868),
    Era("大正", "2", date(1912, 7, 30), date(1926, 12, 25), 1912),
    Era("昭和", "3", date(1926, 12, 25), date(1989, 1, 7), 1926),
    Era("平成", "4", date(1989, 1, 8), date(2019, 4, 30), 1989),
    Era("令和", "5", date(2019, 5, 1), date.max, 2019),
)
_BY_NAME = {era.name: era for era in ERAS}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
_LETTERS = "MTSHR"
_DIGITS = {
    kanji: value for value, several in enumerate(("〇零○◯", *"一二三四五六七八九")) for kanji in several
} | {"壱": 1, "壹": 1, "弐": 2, "貳": 2, "参": 3, "參": 3, "伍": 5}
_UNITS = {"千": 1000, "百": 100, "十": 10, "拾": 10}
_SEVERAL_TENS = {"廿": "二十", "卄": "二十", "卅": "三十", "丗": "三十"}
_KANJI = "".join((*_DIGITS, *_UNITS, *_SEVERAL_TENS))
_PART_OF_NUMBER = re.compile(rf"(?=.)([{''.join(_DIGITS)}]*)([{''.join(_UNITS)}]|$)")
_NUMBER = rf"[0-9]{{1,2}}|[{_KANJI}]+"
_ERA = rf"(?P<era>明治?|大正?|昭和?|平成?|令和?|[{_LETTERS}])\s*\.?\s*(?P<era_year>元|{_NUMBER})"
# Without 年 it may be an address.
_YEAR = rf"(?P<year>[0-9]{{4}}|(?:[{''.join(_DIGITS)}]{{4}}|[{_KANJI}]?千[{_KANJI}]*)(?=\s*年))"
_PARTS = rf"\s*[-/.年]\s*(?P<month>{_NUMBER})\s*[-/.月]\s*(?P<day>{_NUMBER})\s*日?"
_WRITTEN = tuple(
    re.compile(rf"(?<!\S)(?:{form})(?!\S)", re.IGNORECASE)
    for form in (
        rf"(?:{_ERA}|(?:西暦\s*)?{_YEAR}){_PARTS}",
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
        rf"(?P<era>[{_LETTERS}])(?P<era_year>[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    )
)
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ー・．", "-"))
_DATE = re.compile(r"(明治|大正|昭和|平成|令和)(元|[0-9]{1,4})年([0-9]{1,4})月([0-9]{1,4})日")


@cites("era-law/1")
def era_of(day: date) -> Era | None:
    """The era a day is written in, None before Meiji; the day on which an era begins is wholly its own."""
    return next((era for era in reversed(ERAS) if day >= era.first_day), None)


def era_year(day: date) -> int:
    """The year of its era in which a day lies, from 1. Raises Malformed E_ERA_DATE before Meiji."""
    era = era_of(day)
    if era is None:
        raise Malformed("E_ERA_DATE")
    return day.year - era.first_year + 1


def format_era_date(day: date) -> str:
    """`2024-04-01` as `令和6年4月1日`; year 1 is written 元年. Raises Malformed E_ERA_DATE before 1873."""
    era = era_of(day)
    if era is None or day < SOLAR_CALENDAR_FROM:
        raise Malformed("E_ERA_DATE")
    year = era_year(day)
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def parse_era_date(text: str) -> date:
    """`令和6年4月1日` (or `令和元年…`, `令和1年…`, full-width digits) as a date.

    Raises Malformed E_ERA_DATE for anything else, E_DAY_UNKNOWN for days that do not exist and for days
    outside the era they name (平成31年5月1日): whoever wrote that must say which day was meant. A day that
    has two names is read by both (明治45年7月30日, 大正元年7月30日).
    """
    match = _DATE.fullmatch(text.translate(_FULL_WIDTH))
    if match is None:
        raise Malformed("E_ERA_DATE")
    name, era_year, month, day_of_month = match.groups()
    era = _BY_NAME[name]
    year = era.first_year + (1 if era_year == "元" else int(era_year)) - 1
    try:
        day = date(year, int(month), int(day_of_month))
    except ValueError:
        raise Malformed("E_DAY_UNKNOWN") from None
    if not max(SOLAR_CALENDAR_FROM, era.first_day) <= day <= era.last_day:
        raise Malformed("E_DAY_UNKNOWN")
    return day


def take_day(text: str) -> tuple[date | None, str]:
    """The day in a text of several words, and the other words; None where nothing looks like a day.

    `1980-05-01`, `1980/5/1`, `1980年5月1日`, `19800501`, `昭和55年5月1日`, `昭55.5.1`, `S55.5.1`, `S550501`,
    in half or full width; numbers in kanji, too: `昭和五十五年五月一日`, `一九八〇年五月廿一日`. Raises
    Malformed E_DAY_UNKNOWN for what is written as a day and is none, as `parse_era_date`.
    """
    plain = normalize("NFKC", text)
    for form in _WRITTEN:
        if match := form.search(plain.translate(_HYPHENS)):
            rest = f"{plain[: match.start()]} {plain[match.end() :]}"
            return _day(match.groupdict()), " ".join(rest.split())
    return None, text


def parse_day(text: str) -> date:
    """The one day that a text is, in any of the forms of `take_day`.

    Raises Malformed E_ERA_DATE for a text that is written otherwise, E_DAY_UNKNOWN as `take_day`.
    """
    day, rest = take_day(text.strip())
    if day is None or rest:
        raise Malformed("E_ERA_DATE")
    return day


def _day(parts: dict[str, str | None]) -> date:
    """Raises Malformed as `parse_day`."""
    month, day = _number(parts["month"]), _number(parts["day"])
    if parts.get("era"):
        name = _era_name(str(parts["era"]).upper())
        year = "元" if parts["era_year"] == "元" else _number(parts["era_year"])
        return parse_era_date(f"{name}{year}年{month}月{day}日")
    try:
        found = date(_number(parts["year"]), month, day)
    except ValueError:
        raise Malformed("E_DAY_UNKNOWN") from None
    if found < GREGORIAN_CALENDAR_FROM:  # as 0055-05-01, of which the century is missing
        raise Malformed("E_DAY_UNKNOWN")
    return found


def _number(written: str | None) -> int:
    """A number in digits or kanji (`55`, `五十五`, `五五`, `廿一`). Raises Malformed E_ERA_DATE."""
    text = str(written)
    if text.isdecimal():
        return int(text)
    for short, whole in _SEVERAL_TENS.items():
        text = text.replace(short, whole)
    if not set(text) & _UNITS.keys():
        return int("".join(str(_DIGITS[each]) for each in text))
    total, least = 0, 10_000
    for digit, kanji in _PART_OF_NUMBER.findall(text):
        unit = _UNITS.get(kanji, 1)
        if unit >= least or len(digit) > 1 or (digit and not _DIGITS[digit]):
            raise Malformed("E_ERA_DATE")  # 十百, 五五十, 二十〇
        total, least = total + unit * (_DIGITS[digit] if digit else unit > 1), unit
    return total


def _era_name(written: str) -> str:
    if written in _LETTERS:
        return ERAS[_LETTERS.index(written)].name
    return next(era.name for era in ERAS if era.name.startswith(written))


def era_digit(birth_date: date | None) -> str:
    """The digit that stands before the birth date in a signature certificate: 1 Meiji … 5 Reiwa.

    `0` where the birth date is not known, or lies before Meiji.
    """
    era = None if birth_date is None else era_of(birth_date)
    return UNKNOWN_ERA_DIGIT if era is None else era.digit
