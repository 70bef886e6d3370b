"""Dates in the Japanese calendar and the era digit of the certificate."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.law.era import era_digit, era_of, format_era_date, parse_day, parse_era_date, take_day

BOUNDARIES = [
    (date(1873, 1, 1), "明治6年1月1日"),
    (date(1912, 7, 29), "明治45年7月29日"),
    (date(1912, 7, 30), "大正元年7月30日"),
    (date(1926, 12, 24), "大正15年12月24日"),
    (date(1926, 12, 25), "昭和元年12月25日"),
    (date(1989, 1, 7), "昭和64年1月7日"),
    (date(1989, 1, 8), "平成元年1月8日"),
    (date(2019, 4, 30), "平成31年4月30日"),
    (date(2019, 5, 1), "令和元年5月1日"),
    (date(2024, 4, 1), "令和6年4月1日"),
]


@pytest.mark.clause("era-law/1")
@pytest.mark.parametrize(("day", "text"), BOUNDARIES)
def test_eras_change_by_the_day(day: date, text: str) -> None:
    assert format_era_date(day) == text
    assert parse_era_date(text) == day


@pytest.mark.parametrize("text", ["令和1年5月1日", "令和０１年０５月０１日", "令和元年５月１日"])
def test_the_first_year_may_be_a_number_and_digits_may_be_full_width(text: str) -> None:
    assert parse_era_date(text) == date(2019, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("2024年4月1日", "R6.4.1", "令和6年4月", ""),
        *("慶応4年1月1日", "令和六年四月一日", "令和٦年4月1日", "令和6年4月1日 "),
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_era_date(text)
    assert caught.value.code == "E_ERA_DATE"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "平成31年5月1日",
            "昭和64年1月8日",
            "令和元年4月30日",
            "平成元年1月7日",
            "明治5年12月31日",
            "明治0年1月1日",
        ),
        *("明治45年7月31日", "大正元年7月29日", "大正15年12月26日", "昭和元年12月24日"),
        *("令和6年2月30日", "令和6年13月1日", "令和5年2月29日"),
    ],
)
def test_a_day_that_there_is_not_is_told_from_what_is_not_read(text: str) -> None:
    for read in (parse_era_date, parse_day):
        with pytest.raises(Malformed) as caught:
            read(text)
        assert caught.value.code == "E_DAY_UNKNOWN"


@pytest.mark.clause("era-law/1")
@pytest.mark.parametrize(
    ("text", "day", "written"),
    [
        ("明治45年7月30日", date(1912, 7, 30), "大正元年7月30日"),
        ("大正15年12月25日", date(1926, 12, 25), "昭和元年12月25日"),
    ],
)
def test_a_day_within_which_an_era_changed_has_both_names(text: str, day: date, written: str) -> None:
    """Taisho and Showa began on the day of the accession; Heisei and Reiwa with the day after."""
    assert parse_era_date(text) == parse_day(text) == parse_era_date(written) == day
    assert format_era_date(day) == written


@pytest.mark.parametrize("day", [date(1872, 12, 31), date(1868, 1, 24), date(1600, 1, 1)])
def test_days_before_the_solar_calendar_are_not_written(day: date) -> None:
    with pytest.raises(Malformed) as caught:
        format_era_date(day)
    assert caught.value.code == "E_ERA_DATE"


@pytest.mark.parametrize(
    ("birth_date", "digit"),
    [
        (None, "0"),
        (date(1868, 1, 24), "0"),
        (date(1868, 1, 25), "1"),
        (date(1912, 7, 29), "1"),
        (date(1912, 7, 30), "2"),
        (date(1926, 12, 24), "2"),
        (date(1926, 12, 25), "3"),
        (date(1980, 2, 17), "3"),
        (date(1989, 1, 7), "3"),
        (date(1989, 1, 8), "4"),
        (date(2019, 4, 30), "4"),
        (date(2019, 5, 1), "5"),
    ],
)
def test_the_certificate_has_a_digit_for_each_era(birth_date: date | None, digit: str) -> None:
    assert era_digit(birth_date) == digit


@given(st.dates(date(1873, 1, 1), date(2100, 12, 31)))
def test_writing_and_reading_are_inverse(day: date) -> None:
    assert parse_era_date(format_era_date(day)) == day
    era = era_of(day)
    assert era is not None
    assert format_era_date(day).startswith(era.name)


WAYS = """
1980-05-01 1980-5-1 1980/5/1 1980.5.1 1980年5月1日 19800501 西暦1980年5月1日
昭和55年5月1日 昭和55.5.1 昭55.5.1 昭55・5・1 S55.5.1 s55/5/1 S55-05-01 S550501
㍼55年5月1日 １９８０－０５－０１ １９８０ー０５ー０１ 1980−05−01 昭和５５年５月１日
Ｓ５５．５．１ １９８００５０１
昭和五十五年五月一日 昭和五五年五月一日 昭和五拾五年五月壱日 昭五五・五・一 S五十五.五.一 昭和55年五月1日
㍼五十五年五月一日 一九八〇年五月一日 西暦千九百八十年五月一日 一九八〇年〇五月〇一日 一九八○年五月一日
""".split()


@pytest.mark.parametrize("text", [*WAYS, " 昭和 55年 5月 1日 ", "1980年　5月　1日"])
def test_a_day_as_people_write_it(text: str) -> None:
    assert parse_day(text) == date(1980, 5, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年五月一日", date(2019, 5, 1)),
        ("令和一年五月十日", date(2019, 5, 10)),
        ("令和八年十一月二十日", date(2026, 11, 20)),
        ("令和八年十一月廿日", date(2026, 11, 20)),
        ("令和八年十二月廿三日", date(2026, 12, 23)),
        ("令和八年十二月卅一日", date(2026, 12, 31)),
        ("二千廿六年十二月三十一日", date(2026, 12, 31)),
        ("明治四十五年七月二十九日", date(1912, 7, 29)),
        ("大正拾五年拾弐月弐拾四日", date(1926, 12, 24)),
        ("平成三一・四・三〇", date(2019, 4, 30)),
    ],
)
def test_a_day_in_kanji_numerals(text: str, day: date) -> None:
    assert parse_day(text) == day
    assert take_day(f"髙橋　{text}") == (day, "髙橋")


@given(st.dates(date(1873, 1, 1), date(2100, 12, 31)))
def test_kanji_numerals_say_the_same_days(day: date) -> None:
    def written(number: int) -> str:
        tens, ones = divmod(number, 10)
        return (
            ("" if tens < 2 else "一二三四五六七八九"[tens - 1])
            + "十" * (tens > 0)
            + "〇一二三四五六七八九"[ones] * (ones > 0)
        )

    parts = re.fullmatch(r"(\D\D)(元|\d+)年(\d+)月(\d+)日", format_era_date(day))
    assert parts is not None
    name, year, month, of_month = parts.groups()
    in_kanji = year if year == "元" else written(int(year))
    assert parse_day(f"{name}{in_kanji}年{written(int(month))}月{written(int(of_month))}日") == day


def test_a_day_stands_among_other_words() -> None:
    assert take_day("髙橋　S55.5.1 花子") == (date(1980, 5, 1), "髙橋 花子")
    assert take_day("R1.5.1")[0] == take_day("令和元年5月1日")[0] == date(2019, 5, 1)
    for text in (
        "見本町1980-5-1",
        "1-2-3",
        "99000000001",
        "S55",
        "昭和通り5-1",
        "",
        *("三-二-一", "千二百-三-四", "平三", "昭和二丁目", "五十嵐 一二三", "見本町昭和五十五年五月一日"),
    ):
        assert take_day(text) == (None, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((each, "E_DAY_UNKNOWN") for each in ("1980-02-30", "19801301", "S64.1.8", "H31.5.1", "M5.1.1")),
        *((each, "E_DAY_UNKNOWN") for each in ("昭和99年1月1日", "0000-01-01", "平成三十一年五月一日")),
        *(
            (each, "E_DAY_UNKNOWN")
            for each in ("昭和五十五年十三月一日", "昭和百年一月一日", "昭和〇年五月一日")
        ),
        *((each, "E_ERA_DATE") for each in ("55年5月1日", "昭和五五十年五月一日", "昭和二十〇年五月一日")),
        *((each, "E_ERA_DATE") for each in ("昭和五十五年元月一日", "八〇年五月一日", "きのう", "")),
    ],
)
def test_what_is_no_day_is_refused(text: str, code: str) -> None:
    with pytest.raises(Malformed, match=code):
        parse_day(text)
