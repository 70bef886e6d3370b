"""Residents from a file and into one: every encoding, every way to write a value, and nothing by halves."""

import tracemalloc
from collections.abc import Iterator
from datetime import date
from io import BytesIO, StringIO

import pytest

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.terms import Sex
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.files import columns
from honnin.municipality.residents.files.exporting import export_residents
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.importing import (
    Found,
    import_residents,
    look_through,
    recognised,
)
from honnin.municipality.residents.filling import AT_ONCE
from honnin.municipality.residents.models import Resident
from honnin.simulator.installation import fill_register
from honnin.simulator.population import invent
from tests.support.instants import NOW

pytestmark = pytest.mark.django_db(databases="__all__")

HERE = MunicipalityCode("99101")
HEADER = "住民票コード,氏名,フリガナ,生年月日,性別,住所"
TARO = "99100000001,山田　太郎,ヤマダ　タロウ,1980-05-01,男,みほん県みほん市見本町１丁目２番３号"
HANAKO = "99100000002,山田　花子,ヤマダ　ハナコ,1982-06-02,女,みほん県みほん市見本町１丁目２番３号"


@pytest.fixture(autouse=True)
def _municipalities() -> None:
    fill_register([], at=NOW)


def table(*lines: str, encoding: str = "utf-8", end: str = "\r\n", header: str = HEADER) -> BytesIO:
    return BytesIO((end.join([header, *lines]) + end).encode(encoding))


def looked_through(file: BytesIO, place: MunicipalityCode | None = HERE) -> tuple[Found, list[Fault]]:
    faults: list[Fault] = []
    return look_through(file, recognised(file), place, faults.append, at=NOW), faults


def imported(file: BytesIO, place: MunicipalityCode | None = HERE) -> int:
    return import_residents(file, recognised(file), place, actor="command/me", at=NOW)


def faults_of(
    *lines: str, header: str = HEADER, place: MunicipalityCode | None = HERE
) -> list[tuple[int, str, str]]:
    """Line, column and code of everything that is wrong with these lines."""
    _found, faults = looked_through(table(*lines, header=header), place)
    return [(fault.line, fault.column, fault.code) for fault in faults]


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
        (2, "address", "E_ADDRESS_CHARACTERS"),
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


# — Values ————————————————————————————————————————————————————————————————————————————————————————————————

DAYS = [
    *(
        "1980-05-01",
        "1980/5/1",
        "1980.5.1",
        "19800501",
        "1980年5月1日",
        "１９８０／０５／０１",
        "1980-05-01 00:00:00",
    ),
    *(
        "昭和55年5月1日",
        "昭和５５年５月１日",
        "S55.5.1",
        "s55/5/1",
        "昭55.5.1",
        "S550501",
        "昭和五十五年五月一日",
    ),
    *("1980/5/1 0:00", " 1980-05-01 ", "1980－05－01"),
]


@pytest.mark.parametrize("text", DAYS)
def test_a_day_as_people_write_it(text: str) -> None:
    assert columns.birth_date(text, NOW.date()) == date(1980, 5, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E_VALUE_MISSING"),
        ("29342", "E_VALUE_SERIAL"),
        ("5/1/1980", "E_ERA_DATE"),
        ("1980-05", "E_ERA_DATE"),
        ("5月1日", "E_ERA_DATE"),
        ("1980-02-30", "E_DAY_UNKNOWN"),
        ("昭和64年1月8日", "E_DAY_UNKNOWN"),
        ("2999-01-01", "E_VALUE_AHEAD"),
        ("1980-05-01 12:30", "E_ERA_DATE"),
    ],
)
def test_what_is_no_day(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        columns.birth_date(text, NOW.date())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("山田　太郎", "山田　太郎"),
        ("山田 太郎", "山田　太郎"),
        (" 山田   太郎 ", "山田　太郎"),
        ("山田\t太郎", "山田　太郎"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"),
        ("NGUYEN VAN  ANH", "NGUYEN　VAN ANH"),
        ("NGUYEN VAN　ANH", "NGUYEN VAN　ANH"),
        ("SUPARMAN", "SUPARMAN"),
        ("O'CONNOR-BYRNE　SINEAD", "O'CONNOR-BYRNE　SINEAD"),
        ("佐々木　〆子", "佐々木　〆子"),
    ],
)
def test_a_name_keeps_its_characters(text: str, name: str) -> None:
    assert columns.name(text) == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<script>alert(1)</script>", "E_VALUE_CHARACTERS"),
        ('=HYPERLINK("x")', "E_VALUE_CHARACTERS"),
        ("山田　太郎'; DROP TABLE", "E_VALUE_CHARACTERS"),
        ("山田　太\u202e郎", "E_VALUE_CHARACTERS"),
        ("山田　太\u200b郎", "E_VALUE_CHARACTERS"),
        ("山田\n太郎", "E_VALUE_CHARACTERS"),
        ("山田　太郎😀", "E_VALUE_CHARACTERS"),
        ("山田　太郎2", "E_VALUE_CHARACTERS"),
        ("?田　太郎", "E_VALUE_LOST"),
        ("〓田　太郎", "E_VALUE_LOST"),
        ("\ufffd田　太郎", "E_VALUE_LOST"),
        ("山" * 101, "E_VALUE_LONG"),
        ("　", "E_VALUE_MISSING"),
    ],
)
def test_what_is_no_name(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        columns.name(text)
    assert caught.value.code == code


def test_a_reading_keeps_the_blanks_within_its_parts() -> None:
    assert columns.kana("ロドリゲス ガルシア　マリア") == "ロドリゲス ガルシア　マリア"


@pytest.mark.parametrize("text", ["ヤマダ　タロウ", "やまだ　たろう", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"])
def test_a_reading_in_katakana(text: str) -> None:
    assert columns.kana(text) == "ヤマダ　タロウ"


def test_a_reading_is_not_kanji() -> None:
    with pytest.raises(Malformed) as caught:
        columns.kana("山田　太郎")
    assert caught.value.code == "E_VALUE_KANA"


@pytest.mark.parametrize(
    ("words", "sex"),
    [("1 １ 男 男性 M m male", Sex.MALE), ("2 女 女性 F Female", Sex.FEMALE), ("3 不明", Sex.UNKNOWN)],
)
def test_a_sex(words: str, sex: Sex) -> None:
    assert {columns.sex(word) for word in words.split()} == {sex}


def test_codes_in_any_width_and_group() -> None:
    assert columns.person_code("９９１０－０００－０００１") == "99100000001"
    assert columns.municipality_code("991015"[:5]) == "99101"
    assert columns.municipality_code(f"99101{columns.check_digit(HERE)}") == "99101"
    assert columns.check_digit(MunicipalityCode("13101")) == "6"
    assert columns.check_digit(MunicipalityCode("01100")) == "2"


@pytest.mark.parametrize(
    ("was", "now", "column", "code"),
    [
        ("99100000001", "9.91E+10", "person_code", "E_VALUE_ROUNDED"),
        ("99100000001", "99100000001.0", "person_code", "E_VALUE_ROUNDED"),
        ("99100000001", "9910000001", "person_code", "E_VALUE_CODE"),
        ("99100000001", "", "person_code", "E_VALUE_MISSING"),
        ("男", "X", "sex", "E_VALUE_SEX"),
        ("男", "", "sex", "E_VALUE_MISSING"),
        ("みほん市", "ためし市", "address", "E_VALUE_PLACE"),
        ("見本町１丁目２番３号", "", "address", "E_ADDRESS_INCOMPLETE"),
        ("見本町", "見本町\u200b", "address", "E_ADDRESS_CHARACTERS"),
        ("見本町", "見本?", "address", "E_VALUE_LOST"),
        ("見本町", "見" * 201, "address", "E_ADDRESS_TOO_LONG"),
    ],
)
def test_line_and_column_of_what_is_wrong(was: str, now: str, column: str, code: str) -> None:
    assert faults_of(HANAKO, TARO.replace(was, now)) == [(3, column, code)]


def test_everything_that_is_wrong_with_a_line_is_said_at_once() -> None:
    assert faults_of("x,<b>,山田,29342,W,どこか") == [
        (2, "person_code", "E_VALUE_CODE"),
        (2, "name", "E_VALUE_CHARACTERS"),
        (2, "kana", "E_VALUE_KANA"),
        (2, "birth_date", "E_VALUE_SERIAL"),
        (2, "sex", "E_VALUE_SEX"),
        (2, "address", "E_VALUE_PLACE"),
    ]


def test_the_municipality_is_the_lines_or_the_commands() -> None:
    header = f"{HEADER},市区町村コード"
    elsewhere = HANAKO.replace("みほん市", "ためし市") + ",99102"
    assert faults_of(f"{TARO},", elsewhere, header=header) == []
    assert faults_of(f"{TARO},", header=header, place=None) == [(2, "municipality_code", "E_VALUE_MISSING")]
    assert faults_of(f"{TARO},13101", header=header) == [(2, "municipality_code", "E_VALUE_MUNICIPALITY")]


MORE = f"{HEADER},旧氏,通称,在留資格等,在留期間の満了日,居所,世帯番号,続柄"


def test_what_else_a_register_keeps() -> None:
    foreign = f"{TARO},,金田　太郎,中長期在留者,R10.2.29,東京都千代田区千代田１,Ａ－1,世帯主"
    assert imported(table(foreign, f"{HANAKO},旧山,,,,,A-1,妻", header=MORE)) == 2
    taro, hanako = Resident.objects.order_by("pk")
    assert (taro.alias, taro.stay_status, taro.stay_until) == (
        "金田　太郎",
        "medium_or_long_term",
        date(2028, 2, 29),
    )
    assert (taro.household, hanako.household, hanako.relationship) == ("A-1", "A-1", "妻")
    assert hanako.former_surname == "旧山"
    assert (hanako.stay_status, hanako.stay_until) == ("", None)
    # A file without these columns says nothing of them, so that nothing differs.
    assert looked_through(table(TARO, HANAKO)) == (Found(unchanged=2), [])
    text = StringIO()
    export_residents(text, None, actor="command/me", at=NOW)
    assert looked_through(BytesIO(text.getvalue().encode()), None) == (Found(unchanged=2), [])


@pytest.mark.parametrize(
    ("status", "until", "faults"),
    [
        ("永住者", "", []),
        ("特別永住者", "2030-01-01", [(2, "stay_until", "E_VALUE_STAY_DAY")]),
        ("中長期在留者", "", [(2, "stay_until", "E_VALUE_STAY_DAY")]),
        ("", "2030-01-01", [(2, "stay_until", "E_VALUE_STAY_DAY")]),
        ("観光", "2030-01-01", [(2, "stay_status", "E_VALUE_STAY")]),
        ("中長期在留者", "2030-02-30", [(2, "stay_until", "E_DAY_UNKNOWN")]),
    ],
)
def test_a_stay_has_a_last_day_exactly_when_it_has_an_end(
    status: str, until: str, faults: list[tuple[int, str, str]]
) -> None:
    assert faults_of(f"{TARO},,,{status},{until},,,", header=MORE) == faults


def test_the_number_of_a_household() -> None:
    assert faults_of(f"{TARO},,,,,,<b>,", header=MORE) == [(2, "household", "E_VALUE_HOUSEHOLD")]
    assert faults_of(f"{TARO},,,,,,{'1' * 21},", header=MORE) == [(2, "household", "E_VALUE_LONG")]


# — Into the register ——————————————————————————————————————————————————————————————————————————————————————


def test_a_look_through_writes_nothing() -> None:
    assert looked_through(table(TARO, HANAKO)) == (Found(new=2), [])
    assert not Resident.objects.exists()


def test_a_faulty_line_leaves_nothing_and_the_others_come() -> None:
    assert imported(table(TARO, HANAKO.replace("女", "x"))) == 1
    assert Resident.objects.get().pk == "99100000001"
    entry = JournalEntry.objects.order_by("-sequence").first()
    assert entry is not None
    assert (entry.actor, entry.act) == ("command/me", "import residents")
    assert "99100000001" not in entry.subject + entry.detail


def test_who_is_there_already_is_left_alone() -> None:
    assert imported(table(TARO)) == 1
    before = Resident.objects.values().get()
    assert looked_through(table(TARO, HANAKO)) == (Found(new=1, unchanged=1), [])
    assert imported(table(TARO, HANAKO)) == 1
    assert Resident.objects.values().get(pk="99100000001") == before
    assert imported(table(TARO, HANAKO)) == 0


def test_who_is_there_otherwise_is_not_changed() -> None:
    assert imported(table(TARO)) == 1
    other = TARO.replace("太郎", "次郎").replace("タロウ", "ジロウ")
    found, (fault,) = looked_through(table(other))
    assert (fault.line, fault.column, fault.code) == (2, "name", "E_LINE_DIFFERS")
    assert dict(fault.context) == {"columns": "name kana"}
    assert found == Found(faulty=1)
    assert imported(table(other)) == 0
    assert Resident.objects.get().name == "山田　太郎"


@pytest.mark.alters_records
def test_who_was_there_does_not_come_back_by_a_file() -> None:
    imported(table(TARO))
    Resident.objects.update(removed_on=date(2026, 1, 1))
    assert faults_of(TARO) == [(2, "person_code", "E_LINE_REMOVED")]


def test_a_person_twice() -> None:
    assert faults_of(TARO, HANAKO, TARO) == [(4, "person_code", "E_LINE_TWICE")]
    assert imported(table(TARO, HANAKO, TARO)) == 2


class CutOff(BytesIO):
    """A file whose device is pulled out in the middle of the second reading."""

    left = 10**9

    def read1(self, size: int | None = -1, /) -> bytes:
        part = super().read1(-1 if size is None else min(size, 4096))
        self.left -= len(part)
        if self.left < 0:
            raise OSError("pulled out")
        return part


def people(count: int) -> Iterator[str]:
    for person in invent(count, on=NOW.date()):
        cells = (person.person_code, person.municipality_code, person.name, person.kana)
        yield ",".join([*cells, person.birth_date.isoformat(), person.sex, person.address])


INVENTED = "person_code,municipality_code,name,kana,birth_date,sex,address"


def test_cut_off_in_the_middle_it_goes_on() -> None:
    count = AT_ONCE + 100
    file = CutOff(table(*people(count), header=INVENTED).getvalue())
    how = recognised(file)
    file.left = len(file.getvalue()) - 2000
    with pytest.raises(OSError, match="pulled out"):
        import_residents(file, how, None, actor="command/me", at=NOW)
    assert Resident.objects.count() == AT_ONCE
    file.left = 10**9
    assert looked_through(file, None) == (Found(new=100, unchanged=AT_ONCE), [])
    assert import_residents(file, how, None, actor="command/me", at=NOW) == 100
    assert Resident.objects.count() == count


def test_what_was_exported_is_what_is_imported() -> None:
    fill_register(invent(100, on=NOW.date()), at=NOW)
    text = StringIO()
    assert export_residents(text, None, actor="command/me", at=NOW) == 100
    file = BytesIO(text.getvalue().encode())
    assert looked_through(file, None) == (Found(unchanged=100), [])
    entry = JournalEntry.objects.order_by("-sequence").first()
    assert entry is not None
    assert entry.act == "export residents"
    one_place = StringIO()
    assert export_residents(one_place, HERE, actor="command/me", at=NOW) == 34


def peak(lines: int) -> int:
    """Octets that a look through so many lines takes at most."""
    file = table(*people(lines), header=INVENTED)
    how = recognised(file)
    tracemalloc.start()
    try:
        look_through(file, how, None, lambda fault: None, at=NOW)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    peak(100)
    assert peak(AT_ONCE * 5) < peak(AT_ONCE * 2) * 1.2
