"""Whom a clerk finds: by name, reading, day of birth, address and numbers, in every spelling, by indexes."""

from datetime import date

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.journal.rows import row_faults
from honnin.municipality.records.journal import JOURNAL
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import MOST_HITS, find_residents, read_question
from honnin.municipality.residents.services import record_change_of_address
from honnin.municipality.residents.upgrades.search_keys import fill_search_keys
from honnin.simulator.installation import fill_register
from honnin.simulator.population import invent
from tests.support.console import Console, searched
from tests.support.instants import NOW
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

People = dict[str, Resident]


@pytest.fixture
def people(town: Town) -> People:
    """Everybody of 99101 but one, each in a way in which names are registered."""
    return {
        "tsuji": town.move_in(
            name="髙橋　辻\U000e0100子",
            kana="タカハシ　ツジコ",
            birth_date=date(1980, 5, 1),
            address="みほん県みほん市架空が丘４－５－６",
        ),
        "plain": town.move_in(name="高橋 太郎", kana="たかはし たろう", birth_date=date(1975, 1, 2)),
        "whole": town.move_in(name="大野謙一", kana="オオノ　ケンイチ", birth_date=date(2019, 5, 1)),
        "smith": town.move_in(
            name="ＳＭＩＴＨ　ＪＯＨＮ　ＰＡＵＬ",
            kana="スミス　ジョン　ポール",
            birth_date=date(1991, 12, 31),
        ),
        "jones": town.move_in(name="SMITH JOHN", kana="スミス　ジョン", birth_date=date(1991, 12, 30)),
        "far": town.move_in(
            name="髙橋　遠子", kana="タカハシ　トオコ", birth_date=date(1980, 5, 1), municipality_id="99102"
        ),
    }


def asked(text: str, own: str = "99101") -> list[Resident]:
    return find_residents(read_question(text), own=MunicipalityCode(own))


BOTH_SMITHS = {"smith", "jones"}
TAKAHASHI = {"tsuji", "plain", "far"}
QUESTIONS = {
    # readings and kanji of every kind
    "たかはし": TAKAHASHI,
    "タカハシ": TAKAHASHI,
    "ﾀｶﾊｼ": TAKAHASHI,
    "高橋": TAKAHASHI,
    "髙橋": TAKAHASHI,
    "takahashi": TAKAHASHI,
    "ＴＡＫＡＨＡＳＩ": TAKAHASHI,
    "たかはし つじこ": {"tsuji"},
    "髙橋　辻子": {"tsuji"},
    "髙橋辻\U000e0100子": {"tsuji"},
    "高\u00a0橋\u2003辻\u200b子": {"tsuji"},
    "辻子": {"tsuji"},
    "辻\ufe00子 高橋": {"tsuji"},
    "たかはし 辻子": {"tsuji"},
    "高 太": {"plain"},
    "tarou takahashi": {"plain"},
    "高橋太郎": {"plain"},
    "太郎": {"plain"},
    # without a space in the register; long vowels
    "大野　謙一": {"whole"},
    "謙一": {"whole"},
    "oono": {"whole"},
    "ono": {"whole"},
    "おうの": {"whole"},
    "Ohno Ken'ichi": {"whole"},
    # names of other shapes
    "ＳＭＩＴＨ　ＪＯＨＮ　ＰＡＵＬ": {"smith"},
    "smith john": BOTH_SMITHS,
    "John, Smith": BOTH_SMITHS,
    "smith paul": {"smith"},
    "paul": {"smith"},
    "すみす・ジョン": BOTH_SMITHS,
    # days of birth, of the own residents
    "1980-05-01": {"tsuji"},
    "昭和55年5月1日": {"tsuji"},
    "S55.5.1": {"tsuji"},
    "昭和五十五年五月一日": {"tsuji"},
    "19800501": {"tsuji"},
    "１９８０－０５－０１": {"tsuji"},
    "昭和５５年５月１日": {"tsuji"},
    "ｓ５５．５．１": {"tsuji"},
    "1980/5/1": {"tsuji"},
    "1980年5月1日": {"tsuji"},
    "昭55.5.1": {"tsuji"},
    "令和元年5月1日": {"whole"},
    "高橋 S55.5.1": {"tsuji"},
    "S55.5.1　たかはし": {"tsuji"},
    "takahashi 昭和50年1月2日": {"plain"},
    "太郎 1980-05-01": set(),
    "架空が丘 1980-05-01": {"tsuji"},
    # addresses
    "架空が丘4-5-6": {"tsuji"},
    "架空ヶ丘四丁目５番６号": {"tsuji"},
    "みほん県みほん市架空が丘": {"tsuji"},
    "みほん市架空ケ丘": {"tsuji"},
    "みほん市 架空が丘 4": {"tsuji"},
    "高橋 架空が丘": {"tsuji"},
    "見本町1-2 たかはし": {"plain"},
    "みほん県 みほん市 架空が丘 4 - 5 - 6 " * 2: set(),
    "みほん県 みほん市 架 空 が 丘 4 - 5 - 6": {"tsuji"},
    "架空が丘9": set(),
    # codes
    "99000000001": {"tsuji"},
    "９９００００００００１": {"tsuji"},
    "9900-0000-001": {"tsuji"},
    "高橋 99000000001": {"tsuji"},
    "大野 99000000001": set(),
    # nobody
    "橋": set(),
    "誰も": set(),
    "%": set(),
    "　": set(),
    "' OR 1=1 --": set(),
    "\U000e0100": set(),
}


def test_a_name_in_full_width_and_its_namesake_in_half_width_are_found_together(town: Town) -> None:
    wide, narrow = (town.move_in(name=name) for name in ("ＳＭＩＴＨ　ＪＯＨＮ　ＰＡＵＬ", "SMITH JOHN PAUL"))
    for text in (wide.name, narrow.name):
        assert {each.pk for each in asked(text)} == {wide.pk, narrow.pk}


def test_people_are_found_in_every_spelling(people: People) -> None:
    names = {person.pk: name for name, person in people.items()}
    found = {text: {names[person.pk] for person in asked(text)} for text in QUESTIONS}
    assert found == QUESTIONS


def test_by_birth_and_address_nobody_of_another_municipality_is_found(people: People) -> None:
    """Of them a clerk sees neither."""
    assert people["far"] not in asked("1980-05-01")
    assert asked("1980-05-01", own="99102") == [people["far"]]
    assert people["far"] not in asked("ためし県ためし市")


@pytest.mark.parametrize("text", ["1980-02-30", "昭和99年1月1日", "S64.1.8", "20011301", "髙橋 1980/13/1"])
def test_a_day_that_there_is_not_is_said(console: Console, text: str) -> None:
    with pytest.raises(Malformed, match="E_DAY_UNKNOWN"):
        read_question(text)
    assert "There is no such day" in searched(console.clerk(), text)


def test_a_card_number_finds_its_holder_wherever_they_live(console: Console) -> None:
    resident, number = console.resident(name="高橋　花子")
    neighbour, other = console.resident(name="隣町　住子", municipality_id="99102")
    client = console.clerk()
    for text in (number, number.lower(), f"{number[:4]} {number[4:9]}-{number[9:]}", f"高橋 {number}"):
        assert reverse("counter:resident", args=[resident.public_id]) in searched(client, text), text
    assert reverse("counter:resident", args=[neighbour.public_id]) in searched(client, other)
    for text in ("TEST00000009999", f"隣町 {number}", number[:-1], "1899-01-01", "見本町99-99"):
        shown = searched(client, text)
        assert "Nobody was found" in shown, text
        assert "E_NOT_RESIDENT" not in shown, text  # nothing was said of the register
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert reverse("counter:resident", args=[resident.public_id]) in searched(client, wide)
    told = JournalEntry.objects.filter(act="search residents")
    assert not any(number in entry.detail for entry in told)


def test_questions_of_one_meaning_are_one_in_the_journal() -> None:
    one, *others = (
        read_question(text).terms for text in ("髙橋 S55.5.1", "1980-05-01　高橋", "高橋 昭和55年5月1日")
    )
    assert all(other == one for other in others)


def test_keys_follow_the_entry_and_are_bound(town: Town, people: People) -> None:
    moved = people["plain"]
    assert moved not in asked("仮名町9")
    record_change_of_address(moved, "みほん県みほん市仮名町９－９", clerk="hanako", at=NOW)
    assert asked("仮名町9") == [moved]
    fill_register(list(invent(80, on=NOW.date()))[20:], at=NOW)
    for person in Resident.objects.all():
        assert person in asked(f"{person.name} {person.pk}")


@pytest.mark.alters_records
def test_an_earlier_versions_residents_are_found_after_its_first_start(people: People) -> None:
    every = ("name", "given_name", "further_name", "reading", "given_reading", "further_reading", "address")
    Resident.objects.update(**{f"{key}_key": b"" for key in every})
    assert asked("高橋") == []
    assert fill_search_keys(at=NOW) == len(people)
    assert len(asked("高橋")) == len(TAKAHASHI)
    entry = JournalEntry.objects.order_by("-sequence").first()
    assert entry is not None
    assert entry.act == "fill search keys"
    assert list(row_faults(JOURNAL)) == []
    assert fill_search_keys(at=NOW) == 0


@pytest.mark.alters_records
def test_a_key_that_was_altered_is_found_by_the_audit(people: People) -> None:
    Resident.objects.filter(pk=people["tsuji"].pk).update(name_key=b"x")
    assert any("resident" in fault for fault in row_faults(JOURNAL))


def test_every_question_is_answered_by_an_index_in_its_order(people: People) -> None:
    """None reads the whole register, and none sorts more than what is equal in its index."""
    questions = [text for text in QUESTIONS if text.strip()]
    with CaptureQueriesContext(connections["municipality"]) as asked_for:
        for text in questions:
            asked(text)
    selects = {each["sql"] for each in asked_for if "residents_resident" in each["sql"]}
    assert len(selects) > len(questions)
    with connections["municipality"].cursor() as cursor:
        for select in selects:
            cursor.execute(f"EXPLAIN QUERY PLAN {select}")
            plan = [row[3] for row in cursor.fetchall()]
            assert not any(step.startswith("SCAN municipality_residents_resident") for step in plan), (
                select,
                plan,
            )


@pytest.mark.parametrize("text", ["高 太", "佐藤 鈴木", "佐藤 不在", "たか たろ", "smith paul"])
def test_beginnings_of_two_parts_are_found_by_one_index_of_both(people: People, text: str) -> None:
    """However many begin with the one and however many with the other, those with both are read."""
    with CaptureQueriesContext(connections["municipality"]) as asked_for:
        asked(text)
    with connections["municipality"].cursor() as cursor:
        plans = []
        for each in asked_for:
            if "given_name_key" in each["sql"] or "given_reading_key" in each["sql"]:
                cursor.execute(f"EXPLAIN QUERY PLAN {each['sql']}")
                plans += [row[3] for row in cursor.fetchall() if "residents_resident" in row[3]]
    by_both = [plan for plan in plans if "INDEX resident_pair_" in plan]
    assert by_both
    assert all("<expr>=? AND" in plan for plan in by_both)


def test_no_more_than_a_page_is_shown(town: Town) -> None:
    for number in range(MOST_HITS + 2):
        town.move_in(name=f"見本　{chr(0x4E00 + number)}子", kana="ミホン　コ")
    assert len(asked("見本")) == len(asked("みほん")) == len(asked("1990-03-15")) == MOST_HITS


@pytest.mark.parametrize(
    "day", ["2000/09/12", "2000.9.12", "2000-09-12", "２０００／０９／１２", "2000年9月12日"]
)
def test_a_day_beside_a_name_or_a_lot_is_no_part_of_a_number(day: str) -> None:
    """Seven letters and eight digits are as many as a card number has, four and seven as a resident code."""
    named, at_a_lot = read_question(f"shimizu {day}"), read_question(f"{day} 1-2-3")
    for question in (named, at_a_lot, read_question(f"1-2-3 {day}")):
        assert (question.code, question.card_number, question.application) == (None, None, "")
        assert question.birth_date == date(2000, 9, 12)
    assert (named.text, at_a_lot.text) == ("shimizu", "1-2-3")


@pytest.mark.parametrize("text", ["99-0000-00012", "９９００　００００　０１２", "99ー00000‐0012"])
def test_a_code_is_read_in_groups(text: str) -> None:
    assert read_question(text).code == "99000000012"


@pytest.mark.parametrize("text", ["#99000000012", "(99000000012)", "99,000,000,012", "99/000000012"])
def test_other_signs_are_no_groups_of_a_code(text: str) -> None:
    assert read_question(text).code is None
