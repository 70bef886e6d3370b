"""Files as programs save them, and lines, in every encoding and form."""

from datetime import date
from io import BytesIO

import pytest

from honnin.errors import Malformed
from honnin.municipality.residents.files.importing import (
    Found,
    recognised,
)
from honnin.municipality.residents.models import Resident
from honnin.simulator.installation import fill_register
from tests.municipality.residents.files.tables import (
    HANAKO,
    HEADER,
    TARO,
    faults_of,
    imported,
    looked_through,
    table,
)
from tests.support.instants import NOW

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _municipalities() -> None:
    fill_register([], at=NOW)


# — Files as programs save them ———————————————————————————————————————————————————————————————————————————

ENCODINGS = ["utf-8", "utf-8-sig", "cp932", "shift_jis", "euc_jp", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_in_every_encoding(encoding: str) -> None:
    assert imported(table(TARO, HANAKO, encoding=encoding)) == 2
    assert list(Resident.objects.order_by("pk").values_list("name", flat=True)) == [
        "山田　太郎",
        "山田　花子",
    ]


def test_utf_16_with_the_mark_of_either_order() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        file = BytesIO(mark + table(TARO, encoding=encoding).getvalue())
        assert looked_through(file) == (Found(new=1), [])


def test_characters_that_windows_has_and_no_standard() -> None:
    line = TARO.replace("山田　太郎", "髙橋　①郎")
    assert [code for _, _, code in faults_of(line)] == ["E_VALUE_CHARACTERS"]
    assert imported(table(TARO.replace("山田", "髙﨑"), encoding="cp932")) == 1
    assert Resident.objects.get().name == "髙﨑　太郎"


@pytest.mark.parametrize("name", ["𠮷田　誠", "辻\U000e0100　清", "閒宮　千尋", "\ue000田　誠"])
def test_rare_characters_come_as_they_are(name: str) -> None:
    for number, encoding in enumerate(("utf-8", "utf-16")):
        line = TARO.replace("山田　太郎", name).replace("99100000001", f"9910000010{number}")
        assert imported(table(line, encoding=encoding)) == 1
    assert set(Resident.objects.values_list("name", flat=True)) == {name}


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_commas_tabs_semicolons_and_every_end_of_line(delimiter: str, end: str) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, TARO, "", HANAKO)]
    file = BytesIO(end.join(lines).encode())
    assert looked_through(file) == (Found(new=2), [])


def test_columns_in_any_order_by_either_name_and_others_beside_them() -> None:
    header = "備考,ADDRESS,Birth Date,ｆｕｒｉｇａｎａ,フリガナ,sex,氏名,person-code,成年被後見人"
    line = "x,みほん市見本町１,S55.5.1,,ヤマダ　タロウ,1,山田　太郎,99100000001,はい"
    file = table(line, header=header)
    assert recognised(file).unread == ("備考", "ｆｕｒｉｇａｎａ")
    assert imported(file) == 1
    resident = Resident.objects.get()
    assert resident.adult_ward
    assert resident.address == "みほん県みほん市見本町１"
    assert resident.birth_date == date(1980, 5, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E_TABLE_COLUMNS"),
        (b"\r\n\r\n", "E_TABLE_COLUMNS"),
        (TARO.encode(), "E_TABLE_COLUMNS"),
        (HEADER.replace("性別", "").encode(), "E_TABLE_COLUMNS"),
        (f"{HEADER},sex\n{TARO},1".encode(), "E_TABLE_COLUMN_TWICE"),
        (b"PK\x03\x04\x14\x00\x06\x00" * 600, "E_TABLE_ENCODING"),
        (table(TARO).getvalue() + b"\x83\xff\xfe", "E_TABLE_ENCODING"),
        (b"\xef\xbb\xbf" + table(TARO, encoding="cp932").getvalue(), "E_TABLE_ENCODING"),
    ],
    ids=["empty", "blank", "no names", "a name missing", "a name twice", "no text", "cut text", "false mark"],
)
def test_what_is_no_such_table(content: bytes, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        recognised(BytesIO(content))
    assert caught.value.code == code


def test_the_line_that_is_no_text_is_named() -> None:
    good = table(TARO, HANAKO).getvalue()
    with pytest.raises(Malformed) as caught:
        recognised(BytesIO(good + b"\xff\xff,x\r\n" + good))
    assert caught.value.context["line"] == 4


# — Lines —————————————————————————————————————————————————————————————————————————————————————————————————


def test_a_field_in_quotation_marks_has_commas_marks_and_line_ends_in_it() -> None:
    quoted = TARO.replace("山田　太郎", '"山田　太郎"').replace(",男", ',"男\r\n"')
    assert looked_through(table(quoted, HANAKO)) == (Found(new=2), [])
    comma = TARO.replace("見本町１丁目２番３号", "x")
    assert faults_of(comma.replace("みほん県みほん市x", '"みほん県みほん市見本町１, ""二"" ３"')) == []


def test_a_line_end_inside_an_address_is_one_of_the_address() -> None:
    broken = TARO.replace("みほん県みほん市見本町１丁目２番３号", '"みほん県みほん市\n見本町１"')
    assert faults_of(broken, HANAKO.replace("女", "x")) == [
        (2, "address", "E_VALUE_CHARACTERS"),
        (4, "sex", "E_VALUE_SEX"),
    ]


def test_a_quotation_mark_that_nobody_closes_costs_its_own_line_alone() -> None:
    opened = TARO.replace("山田　太郎", '"山田　太郎')
    others = [HANAKO.replace("99100000002", f"991000001{number:02}") for number in range(30)]
    found, faults = looked_through(table(opened, *others))
    assert [(fault.line, fault.code) for fault in faults] == [(2, "E_TABLE_QUOTE")]
    assert found == Found(new=30, faulty=1)
    found, faults = looked_through(table(*others, opened))
    assert [(fault.line, fault.code) for fault in faults] == [(32, "E_TABLE_QUOTE")]
    # Two of them close each other, and what stands between is no field: each is a fault of its own.
    found, faults = looked_through(table(opened, others[0], opened, others[1]))
    assert {fault.line for fault in faults} == {2, 4}
    assert found == Found(new=2, faulty=2)


def test_a_line_without_end_and_octets_of_no_character() -> None:
    endless = "9" * 100_000
    found, faults = looked_through(table(TARO, endless, HANAKO))
    assert [(fault.line, fault.code) for fault in faults] == [(3, "E_TABLE_LINE_LONG")]
    assert found == Found(new=2, faulty=1)
    assert faults_of(TARO.replace("太郎", "太\x00郎")) == [(2, "name", "E_VALUE_CHARACTERS")]


@pytest.mark.parametrize("line", [TARO.rpartition(",")[0], f"{TARO},x", "99100000001"])
def test_too_few_fields_and_too_many(line: str) -> None:
    assert faults_of(line, HANAKO) == [(2, "", "E_TABLE_FIELDS")]


def test_empty_fields_behind_the_last_and_empty_lines_do_not_count() -> None:
    assert looked_through(table(f"{TARO},,,", ",,,,,", "", HANAKO)) == (Found(new=2), [])
