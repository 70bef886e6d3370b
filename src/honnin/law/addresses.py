"""When two addresses are one place, in which municipality an address lies, and what a new one is in law.

Compares what is written and knows no map: whether two addresses that are spelled alike name one house, and
what happened where they are not, a clerk says.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.lapse import EntryChange
from honnin.law.spelling import KANJI_NUMERAL, kanji_number

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
def change_of_address(before: str, after: str, said: EntryChange) -> EntryChange:
    """What a new address is in law: what the clerk says, or another spelling of the same address.

    規則第20条: a correction in the writing alone is minor. Our choice, for its list names no hyphens: what
    `address_as_compared` does not tell apart is the same address, whatever was said of it.
    """
    alike = address_as_compared(before) == address_as_compared(after)
    return EntryChange.SPELLING if alike else said


def place_of(address: str, places: Collection[str]) -> str | None:
    """Which of some municipalities, each written with its prefecture, an address lies in; None for no one.

    The longest name that fits: みほん県みほん市場町 is not みほん市.
    """
    compared = {place: address_as_compared(place) for place in places}
    written = address_as_compared(address)
    return max((place for place, name in compared.items() if written.startswith(name)), key=len, default=None)


@cites("act/12")
def moving_out_refusals(
    destination: str, own: str, others: Collection[str], *, moved_on: date, on: date
) -> tuple[Refusal, ...]:
    """Why a notice of moving to another municipality (転出) cannot be recorded on a day.

    E_ADDRESS_STILL_HERE for an address in the municipality itself, E_MOVE_AHEAD for a day that has not come:
    the entry is removed on the day of the move (our choice: a notice ahead of it is recorded then).
    """
    refusals: list[Refusal] = []
    if place_of(destination, {own, *others}) == own:
        refusals.append(Refusal("E_ADDRESS_STILL_HERE", ("act/12",), (("place", own),)))
    if moved_on > on:
        refusals.append(Refusal("E_MOVE_AHEAD", ("act/12",)))
    return tuple(refusals)


@cites("S1-C3", "act/12")
def amended_address_refusals(address: str, own: str, others: Collection[str]) -> tuple[Refusal, ...]:
    """Why an address cannot be recorded as a change within a municipality (転居).

    E_ADDRESS_ELSEWHERE for one in another municipality: who goes there moves out (転出), with a day.
    E_ADDRESS_UNPLACED for one that does not begin with the municipality's name, so that nobody can tell.
    `own` and `others` are written with their prefecture.
    """
    place = place_of(address, {own, *others})
    if place is None:
        return (Refusal("E_ADDRESS_UNPLACED", ("S1-C3",), (("place", own),)),)
    elsewhere = Refusal("E_ADDRESS_ELSEWHERE", ("act/12",), (("place", place),))
    return () if place == own else (elsewhere,)
