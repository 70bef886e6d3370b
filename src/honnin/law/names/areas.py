"""How addresses are written after an area has another name, other numbers, or lies in another municipality.

Compares what is written and knows no map. What may be another place is not changed, and said to be unclear.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.certificates.lapse import EntryChange
from honnin.law.citation import cites
from honnin.law.names.addresses import address_as_compared, is_whole
from honnin.law.names.entered import written_address_refusals
from honnin.law.names.spelling import KANJI_NUMERAL

AREA_CHANGES: tuple[EntryChange, ...] = (
    EntryChange.AREA_RENAMED,
    EntryChange.LOT_RENUMBERED,
    EntryChange.RESIDENCE_INDICATION,
)
"""What the change of an area is; each is minor (Rules 20)."""
_BEFORE_A_SECTION = ("字", "大字")
_SECTION = "丁目"
_FURTHER_NUMBER = re.compile(f"(?:[のノ号番-]|番地)*(?:[0-9]|{KANJI_NUMERAL.pattern})")


@dataclass(frozen=True)
class Unclear:
    """An address that begins like one of an area, and may lie elsewhere or cannot be written so."""


@dataclass(frozen=True)
class Areas:
    """How addresses begin, and how they begin from now on. `place`: the municipality in which they lie, as it
    is written with its prefecture; `into`: the same from now on.
    """

    pairs: tuple[tuple[str, str], ...]
    place: str
    into: str

    @cached_property
    def _after(self) -> Mapping[str, tuple[str, str]]:
        return MappingProxyType(
            {address_as_compared(before): (before, after) for before, after in self.pairs}
        )

    @cites("rules/20")
    def written(self, address: str) -> str | Unclear | None:
        """How an address is written from now on; None for one that lies in none of the areas.

        The longest area that fits counts. `見本町１丁目` and `見本町一丁目` are one area; 見本町10 does not
        lie in 見本町1. Unclear: 見本町田１, which may lie in 見本町 or in another town, and 123番地4の2,
        which is another lot than 123番地4.
        """
        compared = address_as_compared(address)
        names = (compared[:length] for length in range(len(compared), 0, -1))
        for before, after in (self._after[name] for name in names if name in self._after):
            rest = _behind(address, before, whole=is_whole_place(before, self.place))
            if isinstance(rest, str):
                return self._in(after, rest)
            if rest is not None:
                return rest
        return None

    def _in(self, after: str, rest: str) -> str | Unclear:
        whole = (
            f"{after}－{rest}" if _is_number(after[-1:]) and _is_number(_plain(rest)[:1]) else after + rest
        )
        fits = not written_address_refusals(whole) and is_whole(whole, self.into)
        return whole if fits else Unclear()


def is_whole_place(area: str, place: str) -> bool:
    """Whether an area is the whole of its municipality, however either is written."""
    return address_as_compared(area) == address_as_compared(place)


def _behind(address: str, area: str, *, whole: bool) -> str | Unclear | None:
    """What an address has behind the name of an area; None where it does not lie there."""
    name = address_as_compared(area)
    ends = [n for n in range(1, len(address) + 1) if address_as_compared(address[:n]) == name]
    if not ends or (_is_number(name[-1:]) and _is_number(_plain(address[ends[0] :])[:1])):
        return None
    rest = address[[n for n in ends if not address[n - 1].isspace()][-1] :]
    following = _plain(rest)[:1]
    if whole or not following:
        return rest
    if _is_number(name[-1:]):
        is_lot = not _plain(area).endswith(_SECTION)
        return Unclear() if is_lot and _goes_on_as_lot(rest) else rest
    goes_on = following.isalpha() and not _is_number(following)
    divided = rest[:1].isspace() or rest.startswith(_BEFORE_A_SECTION)
    return Unclear() if goes_on and not divided else rest


def _goes_on_as_lot(rest: str) -> bool:
    """Whether what stands behind a lot's number may be a part of it: 123番地4の2 is not 123番地4."""
    return not rest[:1].isspace() and _FURTHER_NUMBER.match(_plain(rest)) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _is_number(text: str) -> bool:
    return bool(text) and (text.isdigit() or KANJI_NUMERAL.fullmatch(text) is not None)


@cites("rules/20")
def area_refusals(
    pairs: Sequence[tuple[str, str]], place: str, into: str, *, ended: Collection[str] = ()
) -> tuple[Refusal, ...]:
    """Why a change of areas cannot be recorded: E_AREAS_NONE without any, E_AREA_PLACE for what does not
    begin with its municipality, E_AREA_TWICE for one area in two lines, E_AREA_SAME for one that is written
    as before; and as `written_address_refusals` of what is to be written.

    E_AREA_CODE_ENDED for a municipality of which the code has `ended`, here or there: a code that has ended
    is given to nobody again (our choice: else two merges in a circle would pass people on for ever).
    """
    refusals: list[Refusal] = []
    if not pairs:
        refusals.append(Refusal("E_AREAS_NONE"))
    names = [address_as_compared(before) for before, _after in pairs]
    if len(set(names)) < len(names):
        refusals.append(Refusal("E_AREA_TWICE"))
    if any(before == after for before, after in pairs):
        refusals.append(Refusal("E_AREA_SAME"))
    after = (each for _, after in pairs for each in written_address_refusals(after))
    refusals += dict.fromkeys(after)
    for name in dict.fromkeys((place, into)):
        if name in ended:
            refusals.append(Refusal("E_AREA_CODE_ENDED", (), (("place", name),)))
    for own, texts in ((place, [each for each, _ in pairs]), (into, [each for _, each in pairs])):
        if not all(address_as_compared(each).startswith(address_as_compared(own)) for each in texts):
            refusals.append(Refusal("E_AREA_PLACE", (), (("place", own),)))
    return tuple(refusals)
