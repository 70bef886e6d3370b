"""The days on which the law turns: every row of `dates.txt`, where they stand with their reasons."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from honnin.law.calendar import age_on
from honnin.law.certificates.status import Status, status_on
from honnin.law.counter.eligibility import may_sign
from honnin.law.counter.renewal import PresentCertificate, renewable
from honnin.law.counter.renewal_pins import Inquiry, inquiry_refusals
from honnin.law.era import format_era_date, parse_day, parse_era_date
from honnin.law.terms import Generation, Purpose
from honnin.law.validity import (
    Stay,
    StayStatus,
    authentication_expiry,
    birthday_limit,
    card_expiry,
    juki_card_expiry,
    juki_certificate_expiry,
    last_day_to_issue,
    production_refusals,
    renewal_refusals,
    signature_expiry,
    valid_until_instant,
)

TABLES = Path(__file__).with_name("dates.txt")
DAY = timedelta(days=1)
FAR = date(2999, 12, 31)
IN_2024 = date(2024, 4, 1)


def tables() -> dict[str, list[list[str]]]:
    """The rows of each table by its title, without the line that names the columns."""
    found: dict[str, list[list[str]]] = {}
    for part in TABLES.read_text("utf-8").split("\n== ")[1:]:
        title, _, text = part.partition(" ==\n")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        columns, *rows = [line.split("  ") for line in lines]
        found[title] = [[cell.strip() for cell in row if cell] for row in rows]
        assert {len(row) for row in found[title]} == {len([cell for cell in columns if cell])}, title
    return found


FOUND = tables()


def of(title: str, names: str) -> pytest.MarkDecorator:
    """Each row of a table as a case that bears its reason."""
    return pytest.mark.parametrize(names, [pytest.param(*cells, id=why) for *cells, why in FOUND[title]])


def day(text: str) -> date:
    return date.fromisoformat(text)


def codes(expiry: date, on: date, *, abroad: bool = False) -> list[str]:
    return [refusal.code for refusal in renewal_refusals(expiry, on, abroad)]


def test_there_are_more_than_two_hundred_rows_and_none_is_there_twice() -> None:
    everything = [(title, *row[:-1]) for title, several in FOUND.items() for row in several]
    assert len(everything) > 200
    assert len(set(everything)) == len(everything)


@pytest.mark.clause("S4-6", "S1-E4.2", "S2-4.2")
@of("renewal opens", "last_day, opens")
def test_the_window_of_a_renewal(last_day: str, opens: str) -> None:
    ends, first = day(last_day), day(opens)
    present = {Purpose.SIGNATURE: PresentCertificate(expiry=ends)}
    for on, refused in (
        (first - DAY, ["E_WINDOW_CLOSED"]),
        (first, []),
        (ends, []),
        (ends + DAY, ["E_CERT_EXPIRED"]),
    ):
        assert codes(ends, on) == refused
        assert renewable(present, on) == (frozenset() if refused else present.keys())


@pytest.mark.clause("S4-6")
@of("renewal opens abroad", "last_day, opens")
def test_the_window_abroad(last_day: str, opens: str) -> None:
    ends, first = day(last_day), day(opens)
    assert codes(ends, first - DAY, abroad=True) == ["E_WINDOW_CLOSED"]
    assert codes(ends, first, abroad=True) == []


@pytest.mark.clause("S0-26")
@of("renewal opens, Juki card", "last_day, opens")
def test_the_window_of_a_juki_card(last_day: str, opens: str) -> None:
    ends, first = day(last_day), day(opens)
    assert renewal_refusals(ends, first, generation=Generation.JUKI_CARD) == ()
    (refusal,) = renewal_refusals(ends, first - DAY, generation=Generation.JUKI_CARD)
    assert refusal.code == "E_WINDOW_CLOSED"


@pytest.mark.clause("S4-5.1.1", "S4-5.2.1", "S3-1")
@of("first issue", "born, issued, ends")
def test_the_fifth_birthday(born: str, issued: str, ends: str) -> None:
    birth, on = day(born), day(issued)
    assert birthday_limit(birth, on, renewal=False) == day(ends)
    assert authentication_expiry(birth, on, FAR, renewal=False) == day(ends)
    assert signature_expiry(birth, on, day(ends), FAR, renewal=False) == day(ends)


@pytest.mark.clause("S4-5.1.1r", "S4-5.1.3", "S4-5.2.1", "S4-5.2.2", "S4-6")
@of("renewal", "born, old_ends, renewed, card_ends, new_ends")
def test_the_sixth_birthday_and_the_card(
    born: str, old_ends: str, renewed: str, card_ends: str, new_ends: str
) -> None:
    birth, on, card = day(born), day(renewed), day(card_ends)
    assert codes(day(old_ends), on) == []
    authentication = authentication_expiry(birth, on, card, renewal=True)
    assert authentication == day(new_ends)
    assert signature_expiry(birth, on, authentication, card, renewal=True) == day(new_ends)


@pytest.mark.clause("S4-5.1", "S4-5.1.2")
@of("signature alone", "born, issued, birthdays, other_ends, card_ends, ends")
def test_a_signature_certificate_alone(
    born: str, issued: str, birthdays: str, other_ends: str, card_ends: str, ends: str
) -> None:
    other = None if other_ends == "-" else day(other_ends)
    found = signature_expiry(day(born), day(issued), other, day(card_ends), renewal=birthdays == "6")
    assert found == day(ends)


@pytest.mark.clause("S1-C4a", "S1-C4b", "card-ordinance/26", "card-ordinance/29", "card-ordinance/suppl-2")
@of("card", "born, made, received, kind, ends")
def test_a_card(born: str, made: str, received: str, kind: str, ends: str) -> None:
    found = card_expiry(
        day(born), day(made), application_received_on=day(received), renewal=kind == "renewal"
    )
    assert found == day(ends)


@pytest.mark.clause("S1-C4d", "card-ordinance/27")
@of("stay", "born, made, status, until, ends")
def test_a_card_of_a_foreign_resident(born: str, made: str, status: str, until: str, ends: str) -> None:
    stay = Stay(StayStatus(status), None if until == "-" else day(until))
    found = card_expiry(day(born), day(made), application_received_on=IN_2024, stay=stay)
    assert found == day(ends)
    assert bool(production_refusals(found, day(made))) is (ends < made)


@of("age", "born, on, age")
def test_an_age(born: str, on: str, age: str) -> None:
    assert age_on(day(born), day(on)) == int(age)
    assert may_sign(day(born), day(on)) is (int(age) >= 15)


@pytest.mark.clause("S3-2")
@of("last second", "last_day, ends")
def test_the_last_second(last_day: str, ends: str) -> None:
    expiry = day(last_day)
    assert valid_until_instant(expiry) == datetime.fromisoformat(ends)
    assert status_on(Status.GOOD, expiry, expiry) is Status.GOOD
    assert status_on(Status.GOOD, expiry, expiry + DAY) is Status.EXPIRED


@pytest.mark.clause("S0-13")
@of("Juki card", "made, ends")
def test_a_juki_card(made: str, ends: str) -> None:
    assert juki_card_expiry(day(made)) == day(ends)


@pytest.mark.clause("S0-16")
@of("Juki certificate", "issued, ends")
def test_a_juki_certificate(issued: str, ends: str) -> None:
    assert juki_certificate_expiry(day(issued)) == day(ends)


@pytest.mark.clause("S3-P3")
@of("inquiry", "ordered, days, deadline")
def test_the_deadline_of_an_inquiry(ordered: str, days: str, deadline: str) -> None:
    inquiry = Inquiry(ordered_on=day(ordered), days=int(days))
    waiting, over = inquiry_refusals(inquiry, day(deadline)), inquiry_refusals(inquiry, day(deadline) + DAY)
    assert [each.code for each in (*waiting, *over)] == ["E_PIN_MISMATCH_INQUIRY", "E_INQUIRY_OVER"]


@pytest.mark.clause("S4-5.1.1r")
@of("last day to issue", "issuer_ends, last_day")
def test_the_last_day_to_issue(issuer_ends: str, last_day: str) -> None:
    assert last_day_to_issue(day(issuer_ends)) == day(last_day)


@pytest.mark.clause("era-law/1")
@of("two calendars", "western, japanese")
def test_two_calendars(western: str, japanese: str) -> None:
    assert format_era_date(day(western)) == japanese
    assert parse_era_date(japanese) == parse_day(japanese) == day(western)
