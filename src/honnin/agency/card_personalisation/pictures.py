"""Draws what the visual application shows: name, address, number, security code, and a portrait of nobody.

Everything follows from the arguments: the same card is drawn the same way, byte for byte, on every machine
with the same font. Number and security code have the real card's sizes (72 × 12 and 24 × 12); those of name,
address and portrait are not known, and ours.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from honnin.agency.card_personalisation.fonts import font_at, require_glyphs
from honnin.agency.card_personalisation.portrait import portrait
from honnin.card.issuer.content.visual import Pictures

TEXT_WIDTH: Final = 320
NAME_HEIGHT, ADDRESS_HEIGHT = 40, 78
NAME_SIZES: Final = (28, 24, 20, 16, 13)
ADDRESS_SIZES: Final = (22, 19, 16, 13)
DIGIT_SIZE: Final = (6, 12)
_BLACK, _WHITE = 0, 1
_COVERED: Final = 255
_BY_HALF: Final = [_COVERED * (2 * covered > _COVERED) for covered in range(_COVERED + 1)]
_LEADING: Final = 1.15
# The digits 0 to 9, five dots wide and one apart, nine lines; a line of white above and two below.
_DIGITS: Final = (
    ".###....#....###...###.....#..#####...##..#####..###...###. ",
    "#...#..##...#...#.#...#...##..#......#........#.#...#.#...# ",
    "#...#...#.......#.....#...##..#.....#.........#.#...#.#...# ",
    "#...#...#.......#.....#..#.#..####..#........#..#...#.#...# ",
    "#...#...#......#....##...#.#..#...#.####.....#...###...#### ",
    "#...#...#.....#.......#.#..#......#.#...#...#...#...#.....# ",
    "#...#...#....#........#.#####.....#.#...#...#...#...#.....# ",
    "#...#...#...#.....#...#....#..#...#.#...#..#....#...#....#. ",
    ".###...###..#####..###.....#...###...###...#.....###...##.. ",
)


def draw_pictures(
    *, name: str, address: str, number: str, security_code: str, seed: str, font: Path
) -> Pictures:
    """The five pictures of a card. `seed` chooses the portrait; `font` is that of `fonts.japanese_font`.

    Raises Unavailable E_GLYPH_MISSING for a name or an address with a character that the font lacks, and
    ValueError for a number or code that is not digits.
    """
    return Pictures(
        name=draw_text(name, font, NAME_SIZES, NAME_HEIGHT),
        address=draw_text(address, font, ADDRESS_SIZES, ADDRESS_HEIGHT),
        photo=portrait(seed, font),
        number=draw_digits(number),
        security_code=draw_digits(security_code),
    )


def draw_text(text: str, font: Path, sizes: Iterable[int], height: int) -> bytes:
    """Black text on white, 1-bit PNG, 320 wide: in the largest size that fits into `height`.

    A text that fits in none is written in the smallest and makes the picture higher: nothing is cut off.
    """
    require_glyphs(font, text)
    for size in sizes:
        lines = list(_lines(text, font, size))
        needed = round(len(lines) * size * _LEADING) + size // 4
        if needed <= height:
            break
    image = Image.new("1", (TEXT_WIDTH, max(height, needed)), _WHITE)
    for row, line in enumerate(lines):
        _write(image, line, round((row + 0.5) * size * _LEADING) + size // 8, font, size)
    return _png(image)


def draw_digits(digits: str) -> bytes:
    """Digits as the card prints them, 1-bit PNG, 6 × 12 each."""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("only digits are drawn so")
    width, height = DIGIT_SIZE[0] * len(digits), DIGIT_SIZE[1]
    image = Image.new("1", (width, height), _WHITE)
    for position, digit in enumerate(digits):
        image.paste(_digit(int(digit)), (position * DIGIT_SIZE[0], 0))
    return _png(image)


def _lines(text: str, font: Path, size: int) -> Iterator[str]:
    """The text in lines that fit the width, broken between any two characters as Japanese is."""
    line, length = "", 0.0
    for character in text:
        advance = _advance(font, size, character)
        if line and length + advance > TEXT_WIDTH - 2:
            yield line
            line, length = "", 0.0
        line, length = line + character, length + advance
    yield line


def _write(image: Image.Image, line: str, middle: int, font: Path, size: int) -> None:
    """One line, its middle at this height. The simple layout sets characters one by one, and so do we."""
    position = 1.0
    for character in line:
        shape, left, top = _glyph(font, size, character)
        image.paste(_BLACK, (round(position) + left, middle + top), shape)
        position += _advance(font, size, character)


# To copy a character is several times faster than to draw it, and cards have the same few thousand.
@lru_cache(maxsize=8192)
def _glyph(font: Path, size: int, character: str) -> tuple[Image.Image, int, int]:
    """The dots of a character, and where they begin from its left and from the middle of the line.

    Dots that it covers by half. Drawn in black and white at once, it would stand as high as suits it alone,
    and letters of one line would not have one base.
    """
    width = ceil(_advance(font, size, character)) + 2 * size  # marks stand left of where they begin
    cell = Image.new("L", (width, 4 * size))
    pen = ImageDraw.Draw(cell)
    pen.text((size, 2 * size), character, fill=_COVERED, font=font_at(font, size), anchor="lm")
    dots = cell.point(_BY_HALF, "1")
    box = dots.getbbox() or (0, 0, 1, 1)  # a space has no dots
    return dots.crop(box), box[0] - size, box[1] - 2 * size


@lru_cache(maxsize=8192)
def _advance(font: Path, size: int, character: str) -> float:
    return font_at(font, size).getlength(character)


@cache
def _digit(digit: int) -> Image.Image:
    width, height = DIGIT_SIZE
    image = Image.new("1", (width, height), _WHITE)
    for row, line in enumerate(_DIGITS, start=1):
        for column, dot in enumerate(line[width * digit :][:width]):
            if dot == "#":
                image.putpixel((column, row), _BLACK)
    return image


def _png(image: Image.Image) -> bytes:
    octets = BytesIO()
    image.save(octets, "PNG")
    return octets.getvalue()
