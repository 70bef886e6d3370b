"""The words for refusals, clauses, days and instants."""

from datetime import UTC, date, datetime

import pytest

from honnin.errors import CardError, Language, Refusal, Refused, explain
from honnin.law.cards.pins import PinKind, pin_format_refusals
from honnin.law.catalogue import articles, clauses
from honnin.law.era import parse_day
from honnin.law.terms import Generation
from honnin.law.wording import (
    explain_error,
    explain_refusals,
    format_clause,
    format_day,
    format_entered_day,
    format_instant,
)
from honnin.pin import Pin


@pytest.mark.parametrize(
    ("citation", "japanese"),
    [
        ("S4-6", "規約第6条"),
        ("S4-3.2a", "規約第3条第2項"),
        ("S4-5.1.3", "規約第5条第1項第3号"),
        ("S1-C5.1d", "個人番号カードのご案内（S1-C5.1d）"),
        ("act/3", "法第3条"),
        ("rules/47-2", "施行規則第47条の2"),
    ],
)
def test_a_clause_is_named_as_japanese_law_is_cited(citation: str, japanese: str) -> None:
    assert format_clause(citation, "ja") == japanese


def test_every_clause_that_may_be_cited_has_a_name_in_both_languages() -> None:
    for citation in (*clauses(), *articles()):
        assert format_clause(citation, "ja")
        assert format_clause(citation, "en")
    assert format_clause("S4-2.1", "en") == "terms art.2(1)"
    assert format_clause("rules/42", "en") == "Rules art. 42"


@pytest.mark.parametrize(
    ("day", "language", "said"),
    [
        (date(2031, 4, 12), "ja", "令和13年4月12日（2031年4月12日）"),
        (date(2031, 4, 12), "en", "2031-04-12 (Reiwa 13)"),
        (date(2019, 4, 30), "en", "2019-04-30 (Heisei 31)"),
        (date(2019, 5, 1), "ja", "令和元年5月1日（2019年5月1日）"),
        (date(1872, 12, 31), "ja", "1872年12月31日"),
        (date(1872, 12, 31), "en", "1872-12-31"),
        (date(1800, 1, 1), "ja", "1800年1月1日"),
    ],
)
def test_a_day_is_said_in_both_calendars(day: date, language: Language, said: str) -> None:
    assert format_day(day, language) == said


@pytest.mark.parametrize(
    ("at", "language", "said"),
    [
        (datetime(2026, 11, 30, 0, 5, 59, tzinfo=UTC), "ja", "令和8年11月30日 9時05分"),
        (datetime(2026, 11, 30, 0, 5, 59, tzinfo=UTC), "en", "2026-11-30 09:05"),
        (datetime(2019, 4, 30, 15, 0, tzinfo=UTC), "ja", "令和元年5月1日 0時00分"),
        (datetime(1970, 1, 1, tzinfo=UTC), "ja", "昭和45年1月1日 9時00分"),
    ],
)
def test_an_instant_is_said_in_japans_time(at: datetime, language: Language, said: str) -> None:
    assert format_instant(at, language) == said


def test_a_code_that_several_clauses_refuse_is_said_once() -> None:
    said = explain_refusals(
        (Refusal("E_CARD_MISSING", ("S4-2.2",)), Refusal("E_CARD_MISSING", ("S4-2.2", "S4-6"))), "ja"
    )
    assert [(one.code, one.clauses) for one in said] == [("E_CARD_MISSING", ("規約第2条第2項", "規約第6条"))]


def test_each_pin_is_told_its_own_form() -> None:
    refusals = (
        *pin_format_refusals(Pin(""), PinKind.SIGNATURE),
        *pin_format_refusals(Pin(""), PinKind.USER_AUTHENTICATION),
    )
    (password, pin) = explain_refusals(refusals, "en")
    assert "6 to 16 letters and digits, with at least one letter and one digit" in password.cause
    assert "Enter 4 digits" in pin.cause
    assert "letter" not in pin.cause + pin.remedy
    (juki,) = explain_refusals(pin_format_refusals(Pin(""), PinKind.SIGNATURE, Generation.JUKI_CARD), "en")
    assert "4 to 16 letters and digits for" in juki.cause
    in_japanese = [each.cause for each in explain_refusals(refusals, "ja")]
    assert "英字と数字を各1文字以上含む6～16文字で入力してください。" in in_japanese[0]
    assert "数字4桁で入力してください。" in in_japanese[1]


def test_an_error_fills_in_what_it_knows_and_a_refusal_says_all() -> None:
    (wrong,) = explain_error(CardError("E_PIN_WRONG", tries_left=2), "en")
    assert "tries left: 2" in wrong.cause
    assert wrong.remedy == explain("E_PIN_WRONG", "en").remedy
    (unknown,) = explain_error(CardError("E_PIN_WRONG"), "en")
    assert "tries left: –" in unknown.cause
    refused = Refused(Refusal("E_UNDER_AGE"), Refusal("E_AGENT_REQUIRED"))
    assert [one.code for one in explain_error(refused, "ja")] == ["E_UNDER_AGE", "E_AGENT_REQUIRED"]


@pytest.mark.parametrize("day", [date(2026, 6, 2), date(1873, 1, 1), date(1872, 12, 31), date(1600, 2, 3)])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_day_that_a_form_shows_is_read_as_the_same(day: date, language: Language) -> None:
    assert parse_day(format_entered_day(day, language)) == day
