"""The font in which the face of a card is written, and the refusal to write what it cannot show.

A font that lacks a character draws an empty box and says nothing. A card with boxes for a name is worse
than none, so each character is compared with that box first.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont
from pylopdf_fonts_jp import sans_path

from honnin.errors import Unavailable

DEBIAN_FONT: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_NO_CHARACTER: Final = "\U0010ffff"  # a code point that never is a character: its shape is the font's box
_COMPARED_AT: Final = 20


def japanese_font(configured: str = "") -> Path:
    """The font file: the configured one, else the installed package's, else that of Debian's fonts-noto-cjk.

    Raises Unavailable E_FONT_MISSING when there is none, or the configured one is no font: a setting that
    does not work is not passed over.
    """
    candidates = (Path(configured),) if configured else (sans_path(), DEBIAN_FONT)
    for path in candidates:
        if path.is_file():
            font_at(path, _COMPARED_AT)
            return path
    raise Unavailable("E_FONT_MISSING")


GETA = "〓"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


@cache
def font_at(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """The font in one size, in pixels. Raises Unavailable E_FONT_MISSING."""
    try:
        # The simple layout: the same pictures on every machine, whichever libraries it has.
        return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise Unavailable("E_FONT_MISSING") from error


def require_glyphs(path: Path, text: str) -> None:
    """Raises Unavailable E_GLYPH_MISSING at the first character that the font has no shape for.

    The error says the character's position, from 1, and not the character: it is part of a name.
    """
    for position, character in enumerate(text, start=1):
        if not _has_glyph(path, character):
            raise Unavailable("E_GLYPH_MISSING", position=position)


def drawable(path: Path, text: str) -> str:
    """The text with 〓 for each character that the font has no shape for, as printers mark a missing type.

    A variation selector is no character of its own: its kanji is drawn in the font's usual shape.
    """
    plain = _SELECTORS.sub("", text)
    return "".join(each if _has_glyph(path, each) else GETA for each in plain)


@lru_cache(maxsize=8192)
def _has_glyph(path: Path, character: str) -> bool:
    if character.isspace():
        return character in " \u3000"
    return _shape(path, character) != _shape(path, _NO_CHARACTER)


def _shape(path: Path, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font_at(path, _COMPARED_AT).getmask(character)
    return mask.size, bytes(mask)
