"""Finding a caller: by what the application forms said, as a person in distress says it."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from honnin.agency.hotline.queries import (
    MOST_HITS,
    Caller,
    Remark,
    caller,
    callers,
    open_calls,
    operator_of,
    remarks,
)
from honnin.agency.hotline.services import employ_operator, record_notice_of_loss
from honnin.agency.issuance.models import Procedure
from honnin.clock import FixedClock
from honnin.errors import NotAllowed
from honnin.identifiers import PersonCode
from honnin.simulator.brought import AUTHENTICATION, SIGNATURE
from honnin.wire import codec
from honnin.wire.messages.issuance import ApplicationForm
from tests.support.instants import NOW
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

BORN = date(1990, 3, 15)


@pytest.fixture
def holder(town: Town) -> Holder:
    return town.with_certificates(name="髙橋　花子", kana="タカハシ　ハナコ", purposes=AUTHENTICATION)


@pytest.mark.parametrize(
    "name", ["髙橋　花子", "髙橋 花子", "髙橋花子", " 髙橋  花子 "], ids=["wide", "narrow", "none", "many"]
)
def test_spaces_in_a_name_do_not_matter(holder: Holder, name: str) -> None:
    assert [found.person_code for found in callers(name, BORN)] == [holder.code]


@pytest.mark.parametrize(
    ("name", "born"),
    [("髙橋　太郎", BORN), ("髙", BORN), ("", BORN), ("髙橋　花子", BORN + timedelta(days=1))],
)
def test_another_name_or_day_finds_nobody(holder: Holder, name: str, born: date) -> None:
    assert callers(name, born) == []


@pytest.mark.parametrize(
    "name",
    [
        *("高橋花子", "高橋", "髙橋 はなこ", "花子"),
        *("たかはし　はなこ", "タカハシ", "ﾀｶﾊｼ ﾊﾅｺ", "はなこたかはし", "takahashi hanako", "Hanako"),
    ],
)
def test_a_name_is_said_in_any_spelling(holder: Holder, name: str) -> None:
    assert [found.person_code for found in callers(name, BORN)] == [holder.code]


def test_a_name_that_is_heard_finds_its_other_writings(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION, name="大野　裕一", kana="オオノ　ユウイチ")
    for name in ("おうの ゆういち", "オノ", "ohno yuichi", "ＯＮＯ　ＹＵＩＣＨＩ"):
        assert [found.person_code for found in callers(name, BORN)] == [holder.code], name
    assert callers("おおた", BORN) == []


def test_a_card_number_finds_its_holder_by_itself(town: Town, holder: Holder) -> None:
    other = town.with_certificates(AUTHENTICATION, name="例示　太郎")
    number = other.card.state.card_number
    for text in (number, number.lower(), f" {number[:4]}-{number[4:9]} {number[9:]} "):
        assert [found.person_code for found in callers("", None, card_number=text)] == [other.code]
    both = callers("髙橋花子", BORN, card_number=number)
    assert [found.person_code for found in both] == [other.code, holder.code]
    for text in ("TEST00000009999", number[:-1], "　"):
        assert callers("", None, card_number=text) == []


def test_a_form_that_was_kept_before_readings_came_is_read(holder: Holder) -> None:
    kept = Procedure.objects.get(person_code=holder.code)
    plain = json.loads(bytes(kept.form))
    assert plain.pop("kana") == "タカハシ　ハナコ"
    assert codec.decode(ApplicationForm, json.dumps(plain).encode()).kana == ""


def test_somebody_without_certificates_is_found_by_the_card_alone(town: Town) -> None:
    """The agency knows the card that it produced, and nothing else of its holder."""
    holder = town.holder()
    assert callers("見本　花子", BORN) == []
    number = holder.card.state.card_number
    assert callers("見本　花子", BORN, card_number=number) == [Caller(holder.code, card_number=number)]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, []),
        ({"address": "みほん市"}, []),
        ({"address": "昔の住所"}, [Remark.ADDRESS_FITS_NOBODY]),
        ({"card_number": "TEST00000009999"}, [Remark.CARD_UNKNOWN]),
        ({"card_number": "own"}, []),
        ({"card_number": "other's"}, [Remark.CARD_OF_ANOTHER]),
        ({"card_number": "own", "name": "例示　太郎", "birth_date": None}, [Remark.CARD_OF_ANOTHER]),
        ({"card_number": "own", "name": "", "birth_date": date(1999, 1, 1)}, [Remark.CARD_OF_ANOTHER]),
        (
            {"card_number": "own", "name": "", "birth_date": None, "address": "昔"},
            [Remark.ADDRESS_FITS_NOBODY],
        ),
        ({"card_number": "blank"}, []),
    ],
)
def test_what_was_asked_and_did_not_fit_is_told(
    town: Town, holder: Holder, asked: dict[str, Any], told: list[Remark]
) -> None:
    other = town.with_certificates(AUTHENTICATION, name="例示　太郎")
    numbers = {"own": holder, "other's": other, "blank": town.holder()}
    wanted: dict[str, Any] = {
        "name": "髙橋　花子",
        "birth_date": BORN,
        "address": "",
        "card_number": "",
    } | asked
    if wanted["card_number"] in numbers:
        wanted["card_number"] = numbers[wanted["card_number"]].card.state.card_number
    assert list(remarks(callers(**wanted), **wanted)) == told


def test_that_there_may_be_more_is_told(town: Town) -> None:
    asked: dict[str, Any] = {"name": "見本", "birth_date": BORN, "address": "", "card_number": ""}
    hits = [Caller(PersonCode(str(number)), "見本　花子", "", BORN) for number in range(MOST_HITS)]
    assert remarks(hits, **asked) == (Remark.MAY_BE_MORE,)
    assert remarks(hits[1:], **asked) == ()


def test_an_address_narrows_only_as_long_as_it_leaves_anybody(town: Town) -> None:
    here = town.with_certificates(address="みほん県みほん市見本町１－２－３")
    there = town.with_certificates(address="みほん県みほん市仮名町９－９")
    assert len(callers("見本　花子", BORN)) == 2
    assert [found.person_code for found in callers("見本　花子", BORN, "仮名町9-9")] == [there.code]
    assert {found.person_code for found in callers("見本　花子", BORN, "昔の住所")} == {here.code, there.code}


@pytest.mark.alters_records
def test_a_person_is_named_once_as_the_newest_form_says(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    holder.resident.address = "みほん県みほん市手本通１－１"
    holder.resident.save()
    town.issue(town.approved(holder.resident, SIGNATURE), holder.reader())
    [found] = callers("見本　花子", BORN)
    assert found.address == "みほん県みほん市手本通１－１"
    assert caller(holder.code) == found
    assert caller(PersonCode("99999999999")) is None


def test_at_most_ten_are_shown(town: Town) -> None:
    for _ in range(MOST_HITS + 2):
        town.with_certificates(AUTHENTICATION)
    assert len(callers("見本　花子", BORN)) == MOST_HITS


def test_a_caller_shows_no_personal_data_in_logs(holder: Holder) -> None:
    [found] = callers("髙橋　花子", BORN)
    assert repr(found) == "Caller(…)"


def test_an_account_that_is_no_operators_is_refused(town: Town) -> None:
    operator = employ_operator("denwa", "電話 一郎", actor="test", at=FixedClock(NOW).now())
    assert operator_of("denwa") == operator
    with pytest.raises(NotAllowed, match="E_NOT_AN_OPERATOR"):
        operator_of("nobody")


@pytest.mark.alters_records
def test_calls_stay_open_until_the_loss_was_reported_at_the_counter(town: Town, holder: Holder) -> None:
    operator = employ_operator("denwa", "電話 一郎", actor="test", at=FixedClock(NOW).now())
    for _ in range(2):
        record_notice_of_loss(holder.code, operator=operator, at=town.clock.now())
    newest, older = open_calls()
    assert newest.pk > older.pk
    newest.reported_at_counter = True
    newest.save()
    assert list(open_calls()) == [older]
