"""Every way to write a value."""

from datetime import date
from io import BytesIO, StringIO

import pytest

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.terms import Sex
from honnin.municipality.residents.files import columns
from honnin.municipality.residents.files.exporting import export_residents
from honnin.municipality.residents.files.importing import (
    Found,
)
from honnin.municipality.residents.models import Resident
from honnin.simulator.installation import fill_register
from tests.municipality.residents.files.tables import (
    HANAKO,
    HEADER,
    HERE,
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
    *("昭和55年5月1日生", "昭和55年5月1日生まれ", "1980/5/1（木）", "㍼55年5月1日"),
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
        ("0055-05-01", "E_DAY_UNKNOWN"),
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
        ("BYRNE－SMITH　ANN", "BYRNE-SMITH　ANN"),
        ("〇川　太郎", "〇川　太郎"),
        ("〓田　太郎", "〓田　太郎"),
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
        ("\ufffd田　太郎", "E_VALUE_LOST"),
        ("山" * 101, "E_VALUE_LONG"),
        ("'山田　太郎", "E_VALUE_CHARACTERS"),
        ("-山田　太郎", "E_VALUE_CHARACTERS"),
        ("、、", "E_VALUE_CHARACTERS"),
        ("\U000e0100山田　太郎", "E_VALUE_CHARACTERS"),
        ("NULL", "E_VALUE_MISSING"),
        ("None", "E_VALUE_MISSING"),
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
        ("見本町", "見本町\u200b", "address", "E_VALUE_CHARACTERS"),
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
    export_residents(text, None, lambda _fault: None, actor="command/me", at=NOW)
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


@pytest.mark.parametrize(
    ("stay", "relationship", "faults"),
    [
        ("みほん県ためし市１", "妻（未届）", []),
        ("=cmd|' /C calc'!A0", "", [(2, "place_of_stay", "E_VALUE_CHARACTERS")]),
        ("みほん県みほん市１\u200b", "", [(2, "place_of_stay", "E_VALUE_CHARACTERS")]),
        ("見" * 201, "", [(2, "place_of_stay", "E_ADDRESS_TOO_LONG")]),
        ("", "=1+1", [(2, "relationship", "E_VALUE_CHARACTERS")]),
        ("", "<script>", [(2, "relationship", "E_VALUE_CHARACTERS")]),
    ],
)
def test_no_formula_and_no_script_where_anything_may_stand(
    stay: str, relationship: str, faults: list[tuple[int, str, str]]
) -> None:
    assert faults_of(f"{TARO},,,,,{stay},,{relationship}", header=MORE) == faults


def test_the_number_of_a_household() -> None:
    assert faults_of(f"{TARO},,,,,,<b>,", header=MORE) == [(2, "household", "E_VALUE_HOUSEHOLD")]
    assert faults_of(f"{TARO},,,,,,{'1' * 21},", header=MORE) == [(2, "household", "E_VALUE_LONG")]
