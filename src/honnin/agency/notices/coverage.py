"""Which characters a font has a shape for, variants of kanji (IVS) among them: the `cmap` table of OpenType.

A font that lacks a variant draws the plain form and says nothing. No letter is sent with another form of a
name than the register's, so a font is asked for the sequence itself (format 14), not for its parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import error, unpack_from
from typing import Final

from honnin.errors import Unavailable

_COLLECTION: Final = b"ttcf"
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_BLANK: Final = frozenset(" \u3000\n")


@dataclass(frozen=True)
class Coverage:
    """The characters of a font, and its sequences of a character and a variation selector."""

    characters: frozenset[int]
    sequences: frozenset[tuple[int, int]]

    def missing(self, text: str) -> int | None:
        """The position, from 1, of the first character that the font cannot show as it is; None for none."""
        for position, (character, selector) in _units(text):
            if character in _BLANK:
                continue
            if selector is None and ord(character) not in self.characters:
                return position
            if selector is not None and (ord(character), selector) not in self.sequences:
                return position
        return None


def _units(text: str) -> Iterator[tuple[int, tuple[str, int | None]]]:
    """Each character with its position, and the variation selector after it."""
    place = 0
    while place < len(text):
        following = ord(text[place + 1]) if place + 1 < len(text) else 0
        selector = following if any(following in each for each in _SELECTORS) else None
        yield place + 1, (text[place], selector)
        place += 1 if selector is None else 2


@cache
def coverage_of(font: Path) -> Coverage:
    """What the first face of a font file covers. Raises Unavailable E_FONT_MISSING for what is no font."""
    try:
        return _read(font.read_bytes())
    except (OSError, StopIteration, error) as fault:
        raise Unavailable("E_FONT_MISSING") from fault


def _read(font: bytes) -> Coverage:
    face = unpack_from(">L", font, 12)[0] if font[:4] == _COLLECTION else 0
    (tables,) = unpack_from(">H", font, face + 4)
    records = (unpack_from(">4s4xLL", font, face + 12 + 16 * each) for each in range(tables))
    cmap = next(offset for tag, offset, _length in records if tag == b"cmap")
    characters: set[int] = set()
    sequences: set[tuple[int, int]] = set()
    plain: set[tuple[int, int]] = set()
    (subtables,) = unpack_from(">H", font, cmap + 2)
    for each in range(subtables):
        (offset,) = unpack_from(">4xL", font, cmap + 4 + 8 * each)
        at = cmap + offset
        (form,) = unpack_from(">H", font, at)
        if form == 12:
            characters.update(_groups(font, at))
        elif form == 4:
            characters.update(_segments(font, at))
        elif form == 14:
            defaults, others = _variants(font, at)
            plain |= defaults
            sequences |= others
    sequences |= {(character, selector) for character, selector in plain if character in characters}
    return Coverage(frozenset(characters), frozenset(sequences))


def _groups(font: bytes, at: int) -> Iterator[int]:
    (count,) = unpack_from(">L", font, at + 12)
    for group in range(count):
        first, last, _glyph = unpack_from(">LLL", font, at + 16 + 12 * group)
        yield from range(first, last + 1)


def _segments(font: bytes, at: int) -> Iterator[int]:
    (twice,) = unpack_from(">H", font, at + 6)
    for segment in range(0, twice, 2):
        (last,) = unpack_from(">H", font, at + 14 + segment)
        (first,) = unpack_from(">H", font, at + 16 + twice + segment)
        yield from range(first, min(last, 0xFFFE) + 1)


def _variants(font: bytes, at: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Sequences that are drawn as the plain character, and those with a shape of their own."""
    defaults: set[tuple[int, int]] = set()
    others: set[tuple[int, int]] = set()
    (count,) = unpack_from(">L", font, at + 6)
    for record in range(count):
        high, low, default, other = unpack_from(">BHLL", font, at + 10 + 11 * record)
        selector = high << 16 | low
        if default:
            (ranges,) = unpack_from(">L", font, at + default)
            for each in range(ranges):
                high, low, more = unpack_from(">BHB", font, at + default + 4 + 4 * each)
                first = high << 16 | low
                defaults.update((first + further, selector) for further in range(more + 1))
        if other:
            (mappings,) = unpack_from(">L", font, at + other)
            for each in range(mappings):
                high, low, _glyph = unpack_from(">BHH", font, at + other + 4 + 5 * each)
                others.add((high << 16 | low, selector))
    return defaults, others
