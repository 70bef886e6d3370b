"""When two addresses are one place, in which municipality an address lies, and what a new one is in law.

Compares what is written and knows no map: whether two addresses that are spelled alike name one house, and
what happened where they are not, a clerk says.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date, timedelta

from honnin.errors import Refusal
from honnin.law.certificates.lapse import EntryChange
from honnin.law.citation import cites
from honnin.law.names.entered import written_address_refusals
from honnin.law.names.spelling import KANJI_NUMERAL, kanji_number

ADDRESS_CHANGES: tuple[EntryChange, ...] = (
    EntryChange.ADDRESS,
    EntryChange.RESIDENCE_INDICATION,
    EntryChange.AREA_RENAMED,
    EntryChange.LOT_RENUMBERED,
    EntryChange.BUILDING_NAME,
    EntryChange.STANDARD_CHARACTER,
    EntryChange.CHARACTER_IDENTIFIED,
)
"""What a clerk may say of an address that is written otherwise; that it is only spelled so is found here."""

_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_HYPHENS = re.compile("[‐‑‒–—―−⁃﹣ー─━]")
# What stands behind a number in an address; a town whose name goes on (三番町) has none of it.
_UNIT = re.compile(r"(?<=\d)(?:丁目|丁(?=\d)|番地の?|番の?(?![町丁街])|号(?![町丁街])|[のノ](?=\d))")
_PREFECTURES = (
    "北海道|東京都|京都府|大阪府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野"
    "|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎"
    "|鹿児島|沖縄|[ぁ-ん]{2,10})県"
)
_PLACED = re.compile(f"(?:{_PREFECTURES})[^!-~]{{1,20}}?[市区町村]")
# What is left of a municipality's name whose beginning looks like one (四日市|市, 高市|郡明日香村); a ward.
_STILL_THE_MUNICIPALITY = re.compile("[市区町村]|郡[^町村]{1,8}[町村]|(?<=市).{1,4}区")
_SMALL_KANA = str.maketrans("ヶヵ", "ケカ")


def address_as_compared(address: str) -> str:
    """An address in the one spelling by which two are compared; not one to be recorded.

    Width, variation selectors, spaces, kinds of hyphens, kanji numerals, and 丁目・番地・番・号 beside
    hyphens make no difference: `みほん市見本町一丁目２番３号` and `みほん市見本町1-2-3` are spelled alike.
    """
    plain = unicodedata.normalize("NFKC", _VARIATION.sub("", address)).translate(_SMALL_KANA)
    numbered = KANJI_NUMERAL.sub(lambda found: kanji_number(found[0]), plain)
    spaced = re.sub(r"(?<=\d)\s+(?=\d)", "-", numbered)
    # A long vowel (ー) is a hyphen only where one is written: between numbers.
    hyphens = re.sub(r"(?<=\d)ー(?=\d)", "-", re.sub(r"\s", "", spaced))
    hyphens = _HYPHENS.sub(lambda found: found[0] if found[0] == "ー" else "-", hyphens)
    separated = re.sub(r"-+", "-", _UNIT.sub("-", hyphens))
    return re.sub(r"-(?!\d)", "", separated)


@cites("rules/20")
def change_of_address(before: str, after: str, declared: EntryChange) -> EntryChange:
    """What a new address is in law: what the clerk says, or another spelling of the same address.

    規則第20条: a correction in the writing alone is minor. Our choice, for its list names no hyphens: what
    `address_as_compared` does not tell apart is the same address, whatever was said of it.
    """
    alike = address_as_compared(before) == address_as_compared(after)
    return EntryChange.SPELLING if alike else declared


def place_of(address: str, places: Collection[str]) -> str | None:
    """Which of some municipalities, each written with its prefecture, an address lies in; None for no one.

    The longest name that fits: みほん県みほん市場町 is not みほん市.
    """
    compared = {place: address_as_compared(place) for place in places}
    written = address_as_compared(address)
    return max((place for place, name in compared.items() if written.startswith(name)), key=len, default=None)


def names_a_municipality(address: str) -> bool:
    """Whether an address begins with a prefecture of Japan and a municipality.

    Which municipalities a prefecture has is not known here. Prefectures that are invented, as those of test
    registers are, are written in hiragana, as no real one is.
    """
    return _PLACED.match(_in_one_piece(address)) is not None


def is_whole(address: str, place: str | None = None) -> bool:
    """Whether an address says more than its municipality: a town, a section or a lot.

    `place`: the municipality as `place_of` found it; None where its name is read off the address. A number
    alone is enough, for some villages have no sections; so is a name alone, for some places have no lots
    (番地なし). True for an address that names no municipality: that is another fault.
    """
    written = _in_one_piece(address)
    if place is not None:
        written, name = address_as_compared(address), address_as_compared(place)
        end = len(name) if written.startswith(name) else 0
    else:
        found = _PLACED.match(written)
        end = found.end() if found else 0
    letters = [number for number in range(end, len(written)) if _is_letter_or_digit(written[number])]
    return bool(letters) and not (end and _STILL_THE_MUNICIPALITY.fullmatch(written, end, letters[-1] + 1))


def _is_letter_or_digit(character: str) -> bool:
    """A letter, a number, or one that is not known here (外字)."""
    kind = unicodedata.category(character)
    return character != "ー" and (kind[0] in "LN" or kind in ("Co", "Cn"))


def _in_one_piece(address: str) -> str:
    """Without blanks, in one width."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", _VARIATION.sub("", address)))


OF_THE_DAY_OF_MOVE = frozenset(
    {"E_MOVE_DAY_MISSING", "E_MOVE_AHEAD", "E_MOVE_BEFORE_BIRTH", "E_MOVE_FAR_AHEAD"}
)
"""The refusals of `day_of_move_refusals` and of `planned_move_refusals`; any other of a move is about an
address.
"""
PLANNED_WITHIN = timedelta(days=366)
"""How far ahead of the planned day a notice is taken (our choice): a day beyond is a year mistyped."""


@cites("register-act/23", "register-act/24")
def day_of_move_refusals(moved_on: date | None, *, on: date, born: date = date.min) -> tuple[Refusal, ...]:
    """Why a move cannot be recorded on a day (`on`) as one of `moved_on`.

    E_MOVE_DAY_MISSING where no day is said. E_MOVE_AHEAD for a day that has not come: a notice is recorded
    from the day of the move on (our choice). E_MOVE_BEFORE_BIRTH for a day before the person was `born`.
    """
    if moved_on is None:
        return (Refusal("E_MOVE_DAY_MISSING", ("register-act/23",)),)
    ahead, before = Refusal("E_MOVE_AHEAD", ("act/12",)), Refusal("E_MOVE_BEFORE_BIRTH", ("act/12",))
    return (*((ahead,) if moved_on > on else ()), *((before,) if moved_on < born else ()))


@cites("register-act/24")
def planned_move_refusals(moved_on: date, *, on: date, born: date = date.min) -> tuple[Refusal, ...]:
    """Why a notice of moving away (転出, 国外転出) cannot be recorded on a day (`on`) for one of `moved_on`.

    Such a notice is given beforehand: a day to come is the rule. E_MOVE_FAR_AHEAD for one that is more than a
    year ahead, and as `day_of_move_refusals`.
    """
    far = (Refusal("E_MOVE_FAR_AHEAD", ("register-act/24",)),) if moved_on - on > PLANNED_WITHIN else ()
    return (*far, *day_of_move_refusals(moved_on, on=max(on, moved_on), born=born))


@cites("act/12")
def moving_out_refusals(
    destination: str, own: str, others: Collection[str], *, moved_on: date, on: date, born: date = date.min
) -> tuple[Refusal, ...]:
    """Why a notice of moving to another municipality (転出) cannot be recorded on a day.

    E_ADDRESS_STILL_HERE for an address in the municipality itself, E_DESTINATION_UNPLACED for one that lies
    in no municipality of Japan as far as it is written (abroad there is another notice), E_ADDRESS_INCOMPLETE
    for one that says no more than the municipality; as `written_address_refusals` and
    `planned_move_refusals`.
    """
    refusals: list[Refusal] = []
    place = place_of(destination, {own, *others})
    if place == own:
        refusals.append(Refusal("E_ADDRESS_STILL_HERE", ("act/12",), (("place", own),)))
    elif place is None and not names_a_municipality(destination):
        refusals.append(Refusal("E_DESTINATION_UNPLACED", ("act/12",)))
    elif not is_whole(destination, place):
        refusals.append(Refusal("E_ADDRESS_INCOMPLETE", ("act/12",)))
    days = planned_move_refusals(moved_on, on=on, born=born)
    return (*refusals, *written_address_refusals(destination), *days)


@cites("S1-C3", "act/12")
def amended_address_refusals(address: str, own: str, others: Collection[str]) -> tuple[Refusal, ...]:
    """Why an address cannot be recorded as a change within a municipality (転居).

    E_ADDRESS_ELSEWHERE for one in another municipality: who goes there moves out (転出).
    E_ADDRESS_UNPLACED for one that does not begin with the municipality's name, so that nobody can tell.
    E_ADDRESS_INCOMPLETE for one that says no more than the municipality; and as `written_address_refusals`.
    `own` and `others` are written with their prefecture.
    """
    return (*_misplaced(address, own, others), *written_address_refusals(address))


def _misplaced(address: str, own: str, others: Collection[str]) -> tuple[Refusal, ...]:
    place = place_of(address, {own, *others})
    if place is None:
        return (Refusal("E_ADDRESS_UNPLACED", ("S1-C3",), (("place", own),)),)
    if place != own:
        return (Refusal("E_ADDRESS_ELSEWHERE", ("act/12",), (("place", place),)),)
    return () if is_whole(address, place) else (Refusal("E_ADDRESS_INCOMPLETE", ("act/12",)),)
