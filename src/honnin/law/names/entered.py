"""What may be entered as somebody's name, reading or address, and as the other words of an entry.

One rule for the forms of a counter, the services that record, commands and files. 住民基本台帳法第7条 says
which items an entry has, and no published text which characters a program must refuse in them: the rule is
our choice. Registers write names in their own set of characters (住基ネット統一文字, 行政事務標準文字), of
which Unicode has most, with variation selectors and outside JIS; the rest stand in its private areas (外字),
or as 〓. So every letter of any script may be entered, with the marks that names have, and what is none is
named with its place: signs of scripts and formulas, what nobody sees, and what turns the direction of a text.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.names.characters import LONGEST_ADDRESS, address_refusals, characters_of, is_recordable
from honnin.translation import Sentence, message
from honnin.widths import half_width_with_hyphens

LONGEST_NAME, LONGEST_HOUSEHOLD, LONGEST_RELATIONSHIP = 100, 20, 40
LONGEST_OF_PLACE, LONGEST_ROMAJI = 40, 60
LOST = frozenset("?？\ufffd")
"""What programs write for a character that an encoding has not."""
NOTHING = frozenset({"null", "none", "nan", "nil", "(null)"})
"""What programs write where nothing stands."""
_GETA = "〓"  # what a register writes itself for a character that it cannot write
_BETWEEN_PARTS = frozenset(" \u3000・･·-‐–－−﹣ー'’＇.,，．、々〆〇ゝゞヽヾ゠" + _GETA)
_BRACKETS = frozenset("()（）")
_NO_SIGNS_OF_ADDRESSES = frozenset("<>=＜＞＝{}|\\^`")
# Signs in names of buildings and firms that are no letters: ℡ №, Ⓐ, ㈱ ㍿ ㎡.
_SIGNS_OF_NAMES = (range(0x2100, 0x2150), range(0x2460, 0x2500), range(0x3200, 0x3400))
_IDEOGRAPHIC_PLANES = range(0x20000, 0x40000)
_OF_READINGS = re.compile("[ァ-ヿぁ-ゖ\uff65-\uff9f \u3000・゠‐–－−﹣-]+")
_HALF_WIDTH_KANA = re.compile("[\uff65-\uff9f]+")
_OF_HOUSEHOLDS = re.compile("(?:[0-9A-Za-z][0-9A-Za-z-]*)?")
_OF_ROMAJI = re.compile("[A-Za-z](?:[A-Za-z '-]*[A-Za-z])?")


class Entry(StrEnum):
    """What kind of words an item holds."""

    NAME = "name"
    READING = "reading"
    RELATIONSHIP = "relationship"
    HOUSEHOLD = "household"
    ADDRESS = "address"
    REMARK = "remark"  # sentences that a clerk writes: any sign, but nothing that nobody sees


@dataclass(frozen=True)
class Item:
    """An item that somebody types: what kind of words it holds, how an error calls it, how long it may be."""

    kind: Entry
    called: Sentence
    longest: int


_NAME, _ADDRESS = (Entry.NAME, LONGEST_NAME), (Entry.ADDRESS, LONGEST_ADDRESS)


def _item(kind_and_longest: tuple[Entry, int], called: str) -> Item:
    return Item(kind_and_longest[0], Sentence(called), kind_and_longest[1])


ITEMS: Mapping[str, Item] = MappingProxyType(
    {
        "name": _item(_NAME, message("The name")),
        "kana": _item((Entry.READING, LONGEST_NAME), message("The name in katakana")),
        "former_surname": _item(_NAME, message("The former surname")),
        "alias": _item(_NAME, message("The alias")),
        "relationship": _item((Entry.RELATIONSHIP, LONGEST_RELATIONSHIP), message("The relationship")),
        "household": _item((Entry.HOUSEHOLD, LONGEST_HOUSEHOLD), message("The number of the household")),
        "address": _item(_ADDRESS, message("The address")),
        "place_of_stay": _item(_ADDRESS, message("The place of stay")),
        "origin": _item(_ADDRESS, message("The former address")),
        "destination": _item(_ADDRESS, message("The destination")),
        "proxy_name": _item(_NAME, message("The name of the proxy")),
        "municipality": _item((Entry.NAME, LONGEST_OF_PLACE), message("The name of the municipality")),
        "reason": _item((Entry.REMARK, 200), message("The reason")),
    }
)
"""Items by the names that columns and fields have for them."""


@cites("register-act/7")
def entered_refusals(values: Mapping[str, object]) -> tuple[Refusal, ...]:
    """Why texts cannot stand in an entry, by the names of `ITEMS`; what has none of these is not looked at.

    Empty is nothing that is entered. E_VALUE_CHARACTERS names item, characters, and the place of the first
    (from 1): also what stands before the first letter, for a cell that begins with it is a formula to a
    spreadsheet. E_VALUE_LOST for what a program has lost, E_VALUE_KANA for a reading that is not in kana,
    E_VALUE_HOUSEHOLD, E_VALUE_MISSING for what programs write where nothing stands, E_VALUE_LONG and
    E_ADDRESS_TOO_LONG.
    """
    found = ((ITEMS[name], value) for name, value in values.items() if name in ITEMS)
    return tuple(each for item, value in found if value for each in item_refusals(item, str(value)))


def item_refusals(item: Item, text: str) -> tuple[Refusal, ...]:
    """The same of one item."""
    if item.kind is Entry.HOUSEHOLD:
        return _of_household(item, text)
    return (*_too_long(item, text), *(_lost(item, text) or _foreign(item, text) or _others(item, text)))


def as_recorded(item: Item, text: str) -> str:
    """How an entry has what was typed: the number of a household in half width, a reading in full-width
    katakana, so that what looks alike is alike (our choice); other words as they are.
    """
    if item.kind is Entry.HOUSEHOLD:
        return half_width_with_hyphens(text)
    if item.kind is not Entry.READING:
        return text
    wide = _HALF_WIDTH_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return "".join(chr(ord(each) + 0x60) if "ぁ" <= each <= "ゖ" else each for each in wide)


def written_address_refusals(address: str, called: Sentence | None = None) -> tuple[Refusal, ...]:
    """Why what somebody typed is no address (`item_refusals`).

    No address has what nobody sees, so that two that look alike are alike (line breaks, zero-width
    characters), nor signs such as emoji, nor those of which scripts and formulas are made. It may have what
    no certificate can record, for which a substitute is chosen (髙, ㈱, ①), and the register's own
    characters.
    """
    known = ITEMS["address"]
    return item_refusals(Item(known.kind, called or known.called, known.longest), address) if address else ()


def municipality_refusals(name: str, romaji: str) -> tuple[Refusal, ...]:
    """Why a municipality cannot be called so: as a name (`item_refusals`); E_VALUE_ROMAJI for letters other
    than A to Z, blanks, hyphens and apostrophes between them, of which certificates make names.
    """
    plain = len(romaji) <= LONGEST_ROMAJI and _OF_ROMAJI.fullmatch(romaji)
    return (*item_refusals(ITEMS["municipality"], name), *(() if plain else (Refusal("E_VALUE_ROMAJI"),)))


def _of_household(item: Item, text: str) -> tuple[Refusal, ...]:
    plain = half_width_with_hyphens(text)
    if len(plain) > item.longest:
        return _too_long(item, plain)
    return () if _OF_HOUSEHOLDS.fullmatch(plain) else (Refusal("E_VALUE_HOUSEHOLD"),)


def _too_long(item: Item, text: str) -> tuple[Refusal, ...]:
    if item.kind is Entry.ADDRESS and (refusals := address_refusals(text)):
        return refusals
    if len(text) <= item.longest:
        return ()
    return (Refusal("E_VALUE_LONG", (), (("field", item.called), ("longest", item.longest))),)


def _lost(item: Item, text: str) -> tuple[Refusal, ...]:
    if item.kind is Entry.REMARK or not LOST & set(text):
        return ()
    return (Refusal("E_VALUE_LOST", (), (("field", item.called), ("place", _place(text, LOST)))),)


def _place(text: str, characters: frozenset[str]) -> int:
    """Which character, as a reader counts, is the first of these."""
    return next(n for n, each in enumerate(characters_of(text), 1) if characters & set(each))


def _foreign(item: Item, text: str) -> tuple[Refusal, ...]:
    foreign = dict.fromkeys(each for each in text if not _may_stand(each, item.kind))
    if not foreign and item.kind is not Entry.REMARK and not _may_begin(text, item.kind):
        foreign = {text[0]: None}
    if not foreign:
        return ()
    shown = " ".join(map(_shown, foreign))
    place = _place(text, frozenset(foreign))
    return (
        Refusal("E_VALUE_CHARACTERS", (), (("characters", shown), ("field", item.called), ("place", place))),
    )


def _others(item: Item, text: str) -> tuple[Refusal, ...]:
    named = item.kind not in (Entry.ADDRESS, Entry.REMARK)
    if named and text.strip().casefold() in NOTHING:
        return (Refusal("E_VALUE_MISSING"),)
    if item.kind is Entry.READING and not _OF_READINGS.fullmatch(text):
        return (Refusal("E_VALUE_KANA"),)
    return ()


@lru_cache(maxsize=20_000)
def _may_stand(code_point: str, kind: Entry) -> bool:
    category, number = unicodedata.category(code_point), ord(code_point)
    if kind is Entry.REMARK:
        return category not in ("Cc", "Cf", "Cs") or code_point in "\r\n\t"
    if category == "Cn":  # newer kanji than this Python knows
        return number in _IDEOGRAPHIC_PLANES
    if kind is Entry.ADDRESS:
        return _may_stand_in_an_address(code_point, category)
    if kind is Entry.RELATIONSHIP and code_point in _BRACKETS:
        return True
    return (category[0] in "LM" and category != "Me") or category == "Co" or code_point in _BETWEEN_PARTS


def _may_stand_in_an_address(code_point: str, category: str) -> bool:
    if code_point in _NO_SIGNS_OF_ADDRESSES:
        return False
    if category[0] == "S":
        return is_recordable(code_point) or any(ord(code_point) in block for block in _SIGNS_OF_NAMES)
    return category not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Me")


def _may_begin(text: str, kind: Entry) -> bool:
    """Whether a text begins with a letter, a number or a character of the register's own."""
    plain = text.lstrip("".join(_BRACKETS)) if kind is Entry.RELATIONSHIP else text
    first = plain[:1]
    return first == _GETA or (first != "" and unicodedata.category(first)[0] in "LNC" and first != "ー")


def _shown(code_point: str) -> str:
    """A character itself, or its number where it cannot be seen."""
    return code_point if code_point.isprintable() else f"U+{ord(code_point):04X}"
