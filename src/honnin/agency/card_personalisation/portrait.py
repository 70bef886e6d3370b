"""Portraits of nobody: plainly drawn faces, each with a band that says it is a test card's.

Forty-eight faces are drawn when first asked for and kept, so that a card costs no drawing. A seed always
gets the same face. They are drawings on purpose: nobody can take one for a photograph of a person.
"""

import random
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from honnin.agency.card_personalisation.fonts import font_at

SIZE: Final = (240, 320)
FACES: Final = 48
BAND: Final = "見本  TEST"
_SCALE: Final = 4  # drawn larger and reduced: smooth edges
_RATE: Final = 32  # one byte in thirty-two: 2.4 KB a portrait
_BACKGROUND, _BAND, _INK = 236, 58, 52
_BAND_TOP: Final = 284
_HAIR_STYLES: Final = ("short", "parted", "bob", "long", "bun", "crop")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Features:
    """What makes one drawn face another: tones are greys, 0 black to 255 white; lengths are pixels."""

    hair_style: str
    hair: int
    skin: int
    clothes: int
    half_width: int
    chin: int
    glasses: bool
    smile: int
    brow: int
    collar: bool


def portrait(seed: str, font: Path) -> bytes:
    """The face of this seed: 240 × 320, greyscale, JPEG 2000 in a JP2 file."""
    return _drawn(int.from_bytes(sha256(seed.encode()).digest()[:8], "big") % FACES, font)


@cache
def _drawn(number: int, font: Path) -> bytes:
    image = draw(_features(number), font)
    octets = BytesIO()
    image.save(octets, "JPEG2000", quality_mode="rates", quality_layers=[_RATE])
    return octets.getvalue()


def _features(number: int) -> Features:
    dice = random.Random(f"honnin portrait {number}")  # noqa: S311 - invention, not secrecy
    return Features(
        hair_style=_HAIR_STYLES[number % len(_HAIR_STYLES)],
        hair=dice.choice((38, 48, 70, 96, 168)),
        skin=dice.choice((206, 214, 222)),
        clothes=dice.choice((84, 112, 140, 176)),
        half_width=dice.randrange(45, 53),
        chin=dice.randrange(198, 208),
        glasses=dice.random() < 0.3,
        smile=dice.randrange(9, 16),
        brow=dice.randrange(-2, 3),
        collar=dice.random() < 0.5,
    )


def draw(features: Features, font: Path) -> Image.Image:
    """The portrait on a card: a face with these features, greyscale."""
    width, height = SIZE
    pen = _Pen(Image.new("L", (width * _SCALE, height * _SCALE), _BACKGROUND))
    _draw_hair_behind(pen, features)
    _draw_body(pen, features)
    _draw_head(pen, features)
    _draw_hair_in_front(pen, features)
    _draw_expression(pen, features)
    image = pen.image.resize(SIZE, Image.Resampling.LANCZOS)
    _draw_band(image, font)
    return image


class _Pen:
    """Draws in the portrait's own pixels on the enlarged image."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self._draw = ImageDraw.Draw(image)

    def ellipse(self, box: Box, tone: int) -> None:
        self._draw.ellipse(_enlarged(box), fill=tone)

    def ring(self, box: Box, tone: int, width: float) -> None:
        self._draw.ellipse(_enlarged(box), outline=tone, width=round(width * _SCALE))

    def slab(self, box: Box, tone: int, radius: float = 0) -> None:
        self._draw.rounded_rectangle(_enlarged(box), radius * _SCALE, fill=tone)

    def slice(self, box: Box, start: float, end: float, tone: int) -> None:
        self._draw.chord(_enlarged(box), start, end, fill=tone)

    def arc(self, box: Box, start: float, end: float, tone: int, width: float) -> None:
        self._draw.arc(_enlarged(box), start, end, fill=tone, width=round(width * _SCALE))

    def polygon(self, points: tuple[tuple[float, float], ...], tone: int) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=tone)


def _enlarged(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE


def _draw_hair_behind(pen: _Pen, features: Features) -> None:
    reach = features.half_width + 14
    if features.hair_style == "long":
        pen.slab((120 - reach, 90, 120 + reach, 252), features.hair, 34)
    elif features.hair_style == "bob":
        pen.slab((120 - reach, 84, 120 + reach, 200), features.hair, 40)
    elif features.hair_style == "bun":
        pen.ellipse((96, 30, 144, 78), features.hair)


def _draw_body(pen: _Pen, features: Features) -> None:
    pen.ellipse((22, 218, 218, 410), features.clothes)
    pen.slab((100, 180, 140, 234), features.skin - 22, 16)
    pen.ellipse((98, 212, 142, 244), features.skin - 22)
    if features.collar:
        pen.polygon(((98, 224), (120, 258), (92, 262), (78, 230)), 244)
        pen.polygon(((142, 224), (120, 258), (148, 262), (162, 230)), 244)


def _draw_head(pen: _Pen, features: Features) -> None:
    half = features.half_width
    for side in (-1, 1):
        middle = 120 + side * half
        pen.ellipse((middle - 9, 132, middle + 9, 160), features.skin - 14)
    pen.ellipse((120 - half, 68, 120 + half, 180), features.skin)
    pen.ellipse((120 - half, 92, 120 + half, features.chin), features.skin)


def _draw_hair_in_front(pen: _Pen, features: Features) -> None:
    half, hair = features.half_width, features.hair
    left, right = 120 - half, 120 + half
    if features.hair_style in ("bob", "long"):  # a straight fringe
        pen.slice((left - 6, 56, right + 6, 176), 186, 354, hair)
        pen.slice((left - 6, 62, 130, 178), 180, 292, hair)
        pen.slice((110, 62, right + 6, 178), 248, 360, hair)
        return
    pen.slice((left - 6, 56, right + 6, 188), 180, 360, hair)
    forehead = {
        "parted": (left + 9, 78, right + 1, 190),
        "short": (left + 4, 84, right - 4, 190),
        "bun": (left + 3, 80, right - 3, 190),
        "crop": (left + 3, 88, right - 3, 196),
    }
    pen.ellipse(forehead[features.hair_style], features.skin)
    if features.hair_style == "short":
        for tuft in (86, 102, 118):
            pen.polygon(((tuft, 84), (tuft + 36, 84), (tuft + 14, 112)), hair)


def _draw_expression(pen: _Pen, features: Features) -> None:
    for side in (-1, 1):
        middle = 120 + side * 21
        pen.ellipse((middle - 15, 158, middle + 9, 172), features.skin - 12)
        pen.ellipse((middle - 5, 136, middle + 5, 149), _INK)
        pen.ellipse((middle - 1, 138, middle + 3, 142), 250)
        brow = 122 + features.brow
        pen.arc((middle - 12, brow, middle + 12, brow + 16), 205, 335, min(features.hair, 120), 3)
        if features.glasses:
            pen.ring((middle - 17, 128, middle + 17, 158), 70, 2.4)
    if features.glasses:
        pen.arc((112, 136, 128, 148), 180, 360, 70, 2.4)
    pen.arc((113, 148, 127, 164), 20, 160, features.skin - 60, 2.4)
    smile = features.smile
    pen.arc((120 - 20, 176 - smile, 120 + 20, 176 + smile), 25, 155, 92, 3.2)


def _draw_band(image: Image.Image, font: Path) -> None:
    width, height = SIZE
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, _BAND_TOP, width, height), fill=_BAND)
    pen.text((width / 2, (_BAND_TOP + height) / 2), BAND, fill=250, font=font_at(font, 22), anchor="mm")
