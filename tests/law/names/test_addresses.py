"""An address in another spelling is the same address; one in another municipality is a move out."""

from datetime import date

import pytest

from honnin.law.certificates.lapse import MINOR_CHANGES, EntryChange, Event, event_of_change
from honnin.law.names.addresses import (
    ADDRESS_CHANGES,
    address_as_compared,
    amended_address_refusals,
    change_of_address,
    day_of_move_refusals,
    moving_out_refusals,
    place_of,
)

HERE, THERE = "みほん県みほん市", "みほん県ためし市"
PLACES = {HERE, THERE, "みほん県みほん市場町"}
SPELLINGS = [
    "みほん県みほん市見本町１－２－３",
    "みほん県みほん市見本町1-2-3",
    "みほん県みほん市見本町1‐2–3",
    "みほん県みほん市見本町１ー２ー３",
    "みほん県みほん市見本町１−２−３",
    "みほん県みほん市見本町一丁目２番３号",
    "みほん県みほん市見本町1丁目2番地3",
    "みほん県みほん市見本町1丁目2番地の3",
    "みほん県みほん市見本町１丁目２－３",
    "みほん県 みほん市　見本町 1の2の3",
    "みほん県みほん市見本町1番地2-3",
]

UNPLACED = [
    "x",
    "東京都",
    "東京県千代田区1",
    "千代田区霞が関1",
    "アメリカ合衆国",
    "台湾台北県板橋市1",
    "フランス共和国ノール県リール市1",
    "東京都 Chiyoda 1",
]


@pytest.mark.parametrize("before", SPELLINGS)
@pytest.mark.parametrize("after", SPELLINGS)
def test_spellings_of_one_address_are_alike(before: str, after: str) -> None:
    assert change_of_address(before, after, EntryChange.ADDRESS) is EntryChange.SPELLING
    assert event_of_change(EntryChange.SPELLING, date(2026, 6, 1)) is Event.MINOR_CORRECTION


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("見本町二十四番地", "見本町24"),
        ("見本町一〇二番", "見本町102番地"),
        ("見本町百二", "見本町１０２"),
        ("見本町1-2 メゾン見本301号", "見本町１－２メゾン見本３０１"),
        ("霞ヶ関1", "霞ケ関１"),
        ("葛\U000e0101城町1", "葛城町1"),
    ],
)
def test_other_ways_of_writing_are_alike_too(one: str, other: str) -> None:
    assert address_as_compared(one) == address_as_compared(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("見本町1-2-3", "見本町1-2-4"),
        ("見本町1-2-3", "見本町12-3"),
        ("見本町1-23", "見本町1-2-3"),
        ("見本町1-2-3", "例示町1-2-3"),
        ("三番町5", "三町5"),
        ("見本町1-2 301", "見本町1-2301"),
        ("見本町1-2-3 メゾー", "見本町1-2-3 メゾ"),
        ("見本町1-2-3", "見本町1-2-3-101"),
    ],
)
def test_another_address_is_not_alike(one: str, other: str) -> None:
    assert address_as_compared(one) != address_as_compared(other)


@pytest.mark.parametrize("said", ADDRESS_CHANGES)
def test_what_happened_to_another_address_the_clerk_says(said: EntryChange) -> None:
    assert change_of_address("見本町1-2-3", "例示町1", said) is said
    minor = event_of_change(said, date(2026, 6, 1)) is Event.MINOR_CORRECTION
    assert minor is (said in MINOR_CHANGES) is (said is not EntryChange.ADDRESS)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("みほん県みほん市見本町1", HERE),
        ("みほん県 みほん市 見本町1", HERE),
        ("みほん県ためし市見本町1", THERE),
        ("みほん県みほん市場町1", "みほん県みほん市場町"),
        ("ほかの県ほかの市1", None),
        ("みほん市見本町1", None),
        ("", None),
    ],
)
def test_in_which_municipality_an_address_lies(address: str, place: str | None) -> None:
    assert place_of(address, PLACES) == place
    codes = [refusal.code for refusal in amended_address_refusals(address, HERE, PLACES)]
    elsewhere = "E_ADDRESS_UNPLACED" if place is None else "E_ADDRESS_ELSEWHERE"
    assert codes == ([] if place == HERE else [elsewhere])


@pytest.mark.parametrize(
    ("destination", "moved_on", "codes"),
    [
        ("みほん県ためし市1", date(2026, 6, 1), []),
        ("ほかの県ほかの市1", date(2026, 5, 1), []),
        ("みほん県ためし市1", date(2027, 6, 2), []),
        ("みほん県ためし市1", date(2027, 6, 3), ["E_MOVE_FAR_AHEAD"]),
        ("みほん県みほん市1", date(2026, 6, 1), ["E_ADDRESS_STILL_HERE"]),
        ("三重県四日市市1", date(2026, 6, 1), []),
        ("東京都　千代田区霞が関２－１", date(2026, 6, 1), []),
        ("千葉県長生郡一宮町1", date(2000, 1, 1), []),
        ("東京都千代田区1", date(1999, 12, 31), ["E_MOVE_BEFORE_BIRTH"]),
        *((unplaced, date(2026, 6, 1), ["E_DESTINATION_UNPLACED"]) for unplaced in UNPLACED),
    ],
)
def test_who_moves_out_goes_elsewhere_on_a_day_of_this_year(
    destination: str, moved_on: date, codes: list[str]
) -> None:
    on = date(2026, 6, 1)
    born = date(2000, 1, 1)
    found = moving_out_refusals(destination, HERE, PLACES, moved_on=moved_on, on=on, born=born)
    assert [refusal.code for refusal in found] == codes


WHOLE = [
    *(
        "１",
        "1",
        "2744番地",
        "見本町1-2-3",
        "見本町",
        "大字見本123番地1",
        "字仮名",
        "見本町無番地",
        "見本町番地なし",
    ),
    *(
        "見本町番外地",
        "甲1234番地",
        "第２地割５番地",
        "見本町1-2-3 メゾン見本３０１号室",
        "見本町1-2-3㈱見本寮",
    ),
    *(
        "見本町1-2-3ﾒｿﾞﾝ･見本Ⅱ-①",
        "見本町1-2-3 ☆ハイツ♪",
        "見本町1-2-3 Maison d'Été #3",
        "見本町1-2-3　＆ハウス",
    ),
    *("葛\U000e0101町1", "髙見本町1", "見本町1-2-3 \ue000寮", "市場町1", "区役所前1"),
]
INCOMPLETE = ["", "　", "－", "。", "ー", "、・", "中区"]
FOREIGN = {
    "🏠": "🏠",
    "👨\u200d👩": "👨 U+200D 👩",
    "\n": "U+000A",
    "\u200b": "U+200B",
    "\t": "U+0009",
    "\u202e": "U+202E",
    "1️⃣": "\u20e3",
    "🇯🇵": "🇯 🇵",
    "\x00": "U+0000",
}


@pytest.mark.parametrize("rest", WHOLE)
def test_an_address_as_people_have_them_is_taken(rest: str) -> None:
    assert amended_address_refusals(HERE + rest, HERE, PLACES) == ()
    day = date(2026, 6, 1)
    for elsewhere in (THERE, "東京都千代田区", "三重県四日市市", "千葉県市川市", "奈良県高市郡明日香村"):
        assert moving_out_refusals(elsewhere + rest, HERE, PLACES, moved_on=day, on=day) == ()


@pytest.mark.parametrize("rest", INCOMPLETE)
def test_a_municipality_alone_is_no_address(rest: str) -> None:
    """Neither a town nor a number: recorded by a slip, it would revoke the certificate for good."""
    assert [each.code for each in amended_address_refusals(HERE + rest, HERE, PLACES)] == [
        "E_ADDRESS_INCOMPLETE"
    ]
    day = date(2026, 6, 1)
    for elsewhere in (THERE, "神奈川県横浜市", "三重県四日市市", "千葉県市川市"):
        found = moving_out_refusals(elsewhere + rest, HERE, PLACES, moved_on=day, on=day)
        assert [each.code for each in found] == ["E_ADDRESS_INCOMPLETE"]


@pytest.mark.parametrize(
    "place", ["東京都千代田区", "奈良県高市郡明日香村", "長野県木曽郡木曽町", "東京都町田市"]
)
def test_a_municipality_of_any_kind_alone_is_no_address(place: str) -> None:
    day = date(2026, 6, 1)
    found = moving_out_refusals(place, HERE, PLACES, moved_on=day, on=day)
    assert [each.code for each in found] == ["E_ADDRESS_INCOMPLETE"]


@pytest.mark.parametrize(("foreign", "named"), FOREIGN.items())
def test_what_no_address_has_is_named(foreign: str, named: str) -> None:
    """Nor what nobody sees: two addresses that look alike would be two."""
    day, place = date(2026, 6, 1), len(HERE) + (6 if foreign == "1️⃣" else 5)
    for refusals in (
        amended_address_refusals(f"{HERE}見本町1{foreign}", HERE, PLACES),
        moving_out_refusals(f"{THERE}見本町1{foreign}", HERE, PLACES, moved_on=day, on=day),
    ):
        assert [each.code for each in refusals] == ["E_VALUE_CHARACTERS"]
        assert dict(refusals[0].details) == {"characters": named, "field": "The address", "place": place}


@pytest.mark.clause("register-act/23", "register-act/24")
@pytest.mark.parametrize(
    ("moved_on", "codes"),
    [
        (date(2026, 6, 1), []),
        (date(2000, 1, 1), []),
        (None, ["E_MOVE_DAY_MISSING"]),
        (date(2026, 6, 2), ["E_MOVE_AHEAD"]),
        (date(1999, 12, 31), ["E_MOVE_BEFORE_BIRTH"]),
    ],
)
def test_a_move_has_a_day_that_has_come(moved_on: date | None, codes: list[str]) -> None:
    found = day_of_move_refusals(moved_on, on=date(2026, 6, 1), born=date(2000, 1, 1))
    assert [refusal.code for refusal in found] == codes
