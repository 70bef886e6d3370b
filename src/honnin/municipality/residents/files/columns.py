"""The columns of a file of residents: their names, and how what people write in each is understood.

Nothing is guessed: what could be two things is refused, with what to write instead. Names and addresses keep
the characters in which they are written, but for blanks and half-width kana.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode, PersonCode, ungrouped
from honnin.law.era import parse_day
from honnin.law.names.entered import ITEMS, NOTHING, as_recorded, entered_refusals
from honnin.law.terms import Sex
from honnin.law.validity import WITHOUT_END, StayStatus
from honnin.widths import half_width_with_hyphens

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person_code": ("住民票コード",),
        "municipality_code": ("市区町村コード", "全国地方公共団体コード", "団体コード"),
        "name": ("氏名",),
        "kana": ("氏名カナ", "氏名フリガナ", "フリガナ"),
        "birth_date": ("生年月日",),
        "sex": ("性別",),
        "address": ("住所",),
        "adult_ward": ("成年被後見人",),
        "former_surname": ("旧氏", "旧姓"),
        "alias": ("通称",),
        "stay_status": ("在留資格等", "在留区分"),
        "stay_until": ("在留期間の満了日", "在留期限"),
        "place_of_stay": ("居所",),
        "household": ("世帯番号",),
        "relationship": ("続柄",),
    }
)
"""The columns in the order in which they are written, and what else each may be called."""
NEEDED: Final = ("person_code", "name", "kana", "birth_date", "sex", "address")

T = TypeVar("T")
_STAYS = {
    StayStatus.MEDIUM_OR_LONG_TERM: "中長期在留者",
    StayStatus.HIGHLY_SKILLED_2: "高度専門職第2号",
    StayStatus.PERMANENT: "永住者",
    StayStatus.SPECIAL_PERMANENT: "特別永住者",
    StayStatus.TEMPORARY_REFUGE: "一時庇護許可者",
    StayStatus.PROVISIONAL_STAY: "仮滞在許可者",
    StayStatus.BORN_IN_JAPAN: "出生による経過滞在者",
    StayStatus.LOST_NATIONALITY: "国籍喪失による経過滞在者",
}
_STAY_OF = {word: status.value for status, called in _STAYS.items() for word in (status.value, called)}
_SEXES = {
    Sex.MALE: "1 男 男性 m male",
    Sex.FEMALE: "2 女 女性 f female",
    Sex.UNKNOWN: "3 不明 不詳 unknown",
}
_SEX_OF = {word: sex for sex, words in _SEXES.items() for word in words.split()}
_YES = frozenset("1 true yes y はい 有 あり ○ 〇 ◯ レ 該当".split())
_NO = frozenset(["", *"0 false no n いいえ 無 なし × - 非該当".split()])
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_BLANKS = re.compile(r"[^\S\r\n]+")
_BEHIND_A_DAY = re.compile("(?:生まれ|生|[(][日月火水木金土][)])$")
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
_AS_FLOAT = re.compile(r"[0-9.]+[eE][+]?[0-9]+|[0-9]+\.[0-9]*")
_SERIAL_DAY = re.compile("[0-9]{3,5}")
_HYPHEN = str.maketrans("－−﹣", "---")
_CHECK_WEIGHTS = (6, 5, 4, 3, 2)


def column_called(header: str) -> str | None:
    """The column of this name in Japanese or English, in any width and case; None for another."""
    return _CALLED.get(_as_header(header))


def _as_header(text: str) -> str:
    return re.sub(r"[\s_\-\ufeff]", "", unicodedata.normalize("NFKC", text)).casefold()


_CALLED = {_as_header(word): column for column, words in NAMES.items() for word in (column, *words)}


def person_code(text: str) -> PersonCode:
    """Eleven digits, in any width and in groups. Raises Malformed E_VALUE_MISSING, E_VALUE_CODE;
    E_VALUE_ROUNDED for a number that a spreadsheet has rounded.
    """
    plain = _required(text)
    if _AS_FLOAT.fullmatch(plain):
        raise Malformed("E_VALUE_ROUNDED")
    code = PersonCode.parse(plain)
    if code is None:
        raise Malformed("E_VALUE_CODE")
    return code


def municipality_code(text: str) -> MunicipalityCode:
    """Five digits, or six with the check digit. Raises Malformed E_VALUE_MISSING, E_VALUE_MUNICIPALITY."""
    digits = ungrouped(_required(text))
    code = MunicipalityCode.parse(digits[:5])
    if code is None or len(digits) > 6 or (len(digits) == 6 and digits[5] != check_digit(code)):
        raise Malformed("E_VALUE_MUNICIPALITY")
    return code


def check_digit(code: MunicipalityCode) -> str:
    """The sixth digit of a code of a municipality (全国地方公共団体コード, JIS X 0402)."""
    total = sum(int(digit) * weight for digit, weight in zip(code, _CHECK_WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def name(text: str, column: str = "name") -> str:
    """A name with an ideographic space between its first two parts, otherwise as it is written.

    Raises Malformed E_VALUE_MISSING, also for what programs write where nothing stands, and as the law's
    `entered_refusals` of the `column`.
    """
    written = _divided(_with_wide_kana(_required(text)).translate(_HYPHEN))
    if written.casefold() in NOTHING:
        raise Malformed("E_VALUE_MISSING")
    return _entered(column, written)


def _entered(column: str, text: str) -> str:
    """The same text. Raises Malformed with the first of the law's `entered_refusals`."""
    for refusal in entered_refusals({column: text}):
        raise Malformed(refusal.code, **dict(refusal.details))
    return text


def kana(text: str) -> str:
    """The reading of a name in katakana. Raises Malformed as `name`, and E_VALUE_KANA for anything else."""
    return as_recorded(ITEMS["kana"], name(text, "kana"))


def birth_date(text: str, on: date) -> date:
    """A day in any form in which people write one (`law.era`), also with a time of midnight behind it.

    Raises Malformed E_VALUE_MISSING, E_ERA_DATE, E_DAY_UNKNOWN; E_VALUE_SERIAL for the number by which a
    spreadsheet counts days; E_VALUE_AHEAD for a day that has not come.
    """
    day = _day(text)
    if day > on:
        raise Malformed("E_VALUE_AHEAD")
    return day


def _day(text: str) -> date:
    plain = _BEHIND_A_DAY.sub("", _MIDNIGHT.sub("", half_width_with_hyphens(_required(text))))
    if _SERIAL_DAY.fullmatch(plain):
        raise Malformed("E_VALUE_SERIAL")
    return parse_day(plain)


def sex(text: str) -> Sex:
    """Raises Malformed E_VALUE_MISSING, E_VALUE_SEX."""
    return _chosen(_required(text), _SEX_OF, "E_VALUE_SEX")


def adult_ward(text: str) -> bool:
    """Empty is no. Raises Malformed E_VALUE_YES_NO."""
    return _chosen(text, _YES_NO, "E_VALUE_YES_NO")


_YES_NO = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)


def address(text: str) -> str:
    """An address as it is written; raises Malformed E_VALUE_MISSING, and as the law's `entered_refusals`."""
    return _entered("address", _address(text))


def _address(text: str) -> str:
    return _BLANKS.sub("\u3000", _with_wide_kana(_required(text)))


def former_surname(text: str) -> str:
    """旧氏, or nothing. Raises Malformed as `name`."""
    return name(text, "former_surname") if text.strip() else ""


def alias(text: str) -> str:
    """通称, or nothing. Raises Malformed as `name`."""
    return name(text, "alias") if text.strip() else ""


def stay_status(text: str) -> str:
    """On what a foreign resident's stay rests; nothing for nationals. Raises Malformed E_VALUE_STAY."""
    return _chosen(text, {**_STAY_OF, "": ""}, "E_VALUE_STAY")


def stay_until(text: str, status: str) -> date | None:
    """The last day of a stay, which it has exactly when it has an end.

    Raises Malformed E_VALUE_STAY_DAY where the two do not go together, and as `birth_date` for no day.
    """
    has_end = status != "" and StayStatus(status) not in WITHOUT_END
    if bool(text.strip()) is not has_end:
        raise Malformed("E_VALUE_STAY_DAY")
    return _day(text) if has_end else None


def place_of_stay(text: str) -> str:
    """居所, or nothing. Raises Malformed as `address`."""
    return _entered("place_of_stay", _address(text)) if text.strip() else ""


def household(text: str) -> str:
    """世帯番号, or nothing: letters, digits and hyphens. Raises Malformed as the law's `entered_refusals`."""
    return as_recorded(ITEMS["household"], _entered("household", text.strip()))


def relationship(text: str) -> str:
    """続柄, or nothing: also with brackets, 妻（未届）. Raises Malformed as the law's `entered_refusals`."""
    return _entered("relationship", text.strip())


TEXTS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "name": name,
        "kana": kana,
        "address": address,
        "former_surname": former_surname,
        "alias": alias,
        "place_of_stay": place_of_stay,
        "household": household,
        "relationship": relationship,
    }
)
"""How each column of words is read; raises Malformed."""


def _chosen(text: str, words: Mapping[str, T], code: str) -> T:
    found = words.get(unicodedata.normalize("NFKC", text).strip().casefold())
    if found is None:
        raise Malformed(code)
    return found


def _required(text: str) -> str:
    """What stands in a column without the blanks around it. Raises Malformed E_VALUE_MISSING."""
    if not (plain := text.strip()):
        raise Malformed("E_VALUE_MISSING")
    return plain


def _with_wide_kana(text: str) -> str:
    return _HALF_WIDTH_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _divided(text: str) -> str:
    """With an ideographic space between family and given name, and a plain one between other parts."""
    first, mark, rest = text.partition("\u3000")
    if not mark:
        first, _, rest = _BLANKS.sub(" ", text).partition(" ")
    parts = (_BLANKS.sub(" ", part.strip()) for part in (first, rest))
    return "\u3000".join(part for part in parts if part)
