"""The pictures on a card: formats and sizes, the same every time, and never a box for a character."""

import subprocess
import sys
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pylopdf_fonts_jp import sans_path

from honnin.agency.card_personalisation import fonts
from honnin.agency.card_personalisation.fonts import (
    DEBIAN_FONT,
    GETA,
    drawable,
    font_at,
    japanese_font,
    require_glyphs,
)
from honnin.agency.card_personalisation.pictures import (
    ADDRESS_HEIGHT,
    NAME_HEIGHT,
    NAME_SIZES,
    TEXT_WIDTH,
    draw_digits,
    draw_pictures,
    draw_text,
)
from honnin.agency.card_personalisation.portrait import FACES, portrait
from honnin.card.issuer.content.visual import FILE_SIZE_MAX, Pictures
from honnin.errors import Unavailable
from honnin.simulator.population import invent

FONT = japanese_font()


def drawn(
    name: str = "見本　花子", address: str = "みほん県みほん市見本町１－２－３", seed: str = "one"
) -> Pictures:
    return draw_pictures(
        name=name, address=address, number="999999990018", security_code="2285", seed=seed, font=FONT
    )


def opened(picture: bytes) -> Image.Image:
    image = Image.open(BytesIO(picture))
    image.load()
    return image


def ink(picture: bytes) -> int:
    """How many dots are black."""
    return opened(picture).convert("L").histogram()[0]


def header_of_png(picture: bytes) -> tuple[int, int, int, int]:
    """Width, height, bits a dot, colour type, as the header says them (PNG, 11.2.1)."""
    assert picture[12:16] == b"IHDR"
    return (
        int.from_bytes(picture[16:20], "big"),
        int.from_bytes(picture[20:24], "big"),
        picture[24],
        picture[25],
    )


def test_formats_and_sizes_are_those_of_the_real_card() -> None:
    pictures = drawn()
    assert header_of_png(pictures.number) == (72, 12, 1, 0)
    assert header_of_png(pictures.security_code) == (24, 12, 1, 0)
    assert header_of_png(pictures.name)[2:] == header_of_png(pictures.address)[2:] == (1, 0)
    assert pictures.photo[4:8] == b"jP  "
    photo = opened(pictures.photo)
    assert (photo.format, photo.mode, photo.size) == ("JPEG2000", "L", (240, 320))


def test_the_same_card_is_drawn_the_same_way() -> None:
    program = (
        "import sys; from hashlib import sha256; from pathlib import Path\n"
        "from honnin.agency.card_personalisation.portrait import portrait\n"
        "from honnin.agency.card_personalisation.pictures import *\n"
        "font = Path(sys.argv[1]); texts = draw_text('見本　花子', font, NAME_SIZES, NAME_HEIGHT)\n"
        "print(sha256(texts + portrait('one', font) + draw_digits('2285')).hexdigest())"
    )
    command = [sys.executable, "-c", program, str(FONT)]
    runs = {subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1
    assert drawn() == drawn()


def test_portraits_differ_and_stay() -> None:
    seeds = [f"person {number}" for number in range(600)]
    faces = {portrait(seed, FONT) for seed in seeds}
    assert len(faces) == FACES
    assert max(map(len, faces)) < 2600
    assert portrait(seeds[0], FONT) == portrait(seeds[0], FONT)


def grey_levels(picture: Image.Image) -> list[int]:
    """Those that occur in a picture of grey."""
    assert picture.mode == "L"
    return [level for level, pixels in enumerate(picture.histogram()) if pixels]


def test_a_portrait_is_a_face_above_a_dark_band() -> None:
    photo = opened(portrait("one", FONT))
    assert max(grey_levels(photo.crop((4, 290, 40, 316)))) < 80
    letters = photo.crop((40, 286, 200, 318)).histogram()
    assert sum(letters[200:]) > 300
    assert min(grey_levels(photo.crop((80, 130, 160, 155)))) < 90


def test_every_digit_has_its_own_shape() -> None:
    shapes = {opened(draw_digits(digit)).tobytes() for digit in "0123456789"}
    assert len(shapes) == 10
    both = opened(draw_digits("47"))
    assert both.crop((0, 0, 6, 12)).tobytes() == opened(draw_digits("4")).tobytes()
    assert both.crop((6, 0, 12, 12)).tobytes() == opened(draw_digits("7")).tobytes()


@pytest.mark.parametrize("digits", ["", "12a", "１２"])
def test_only_digits_are_drawn_as_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="only digits"):
        draw_digits(digits)


def test_long_texts_are_not_cut_off() -> None:
    address = "みほん県みほん市見本町１－２－３" * 10
    whole, half = drawn(address=address), drawn(address=address[: len(address) // 2])
    width, height = opened(whole.address).size
    assert width == TEXT_WIDTH
    assert height > ADDRESS_HEIGHT
    assert ink(whole.address) > 1.8 * ink(half.address)
    bottom = opened(whole.address).crop((0, height - 2, width, height)).convert("L").getextrema()
    assert bottom == (255, 255)


@pytest.mark.parametrize(
    "text",
    ["Ehikl mnxzAT", "山田　太郎　髙橋", "か\u3099は\u309a　ｶﾞ", "⸻⸻x", "〱〲山EI", "", "　", *"ぁ邉g"],
)
def test_characters_of_a_line_stand_as_the_font_sets_them(text: str) -> None:
    """On one base, none cut off: as when the line is drawn at once."""
    size = NAME_SIZES[0]
    line = Image.new("L", (TEXT_WIDTH, NAME_HEIGHT))
    middle = round(size * 1.15 / 2) + size // 8
    ImageDraw.Draw(line).text((1, middle), text, fill=255, font=font_at(FONT, size), anchor="lm")
    expected = line.point(lambda covered: 255 * (covered < 128), "1")
    assert opened(draw_text(text, FONT, NAME_SIZES, NAME_HEIGHT)).tobytes() == expected.tobytes()


def test_an_empty_text_is_an_empty_picture() -> None:
    assert ink(drawn(name="").name) == 0


def test_everybody_invented_can_be_drawn_and_fits_on_the_card() -> None:
    for person in invent(1500, on=date(2026, 4, 1)):
        require_glyphs(FONT, drawable(FONT, person.name + person.address))
        assert GETA not in drawable(FONT, person.name + person.address)
    for person in invent(40, on=date(2026, 4, 1), seed=2):
        pictures = drawn(drawable(FONT, person.name), person.address, person.person_code)
        assert opened(pictures.address).size == (TEXT_WIDTH, ADDRESS_HEIGHT)
        assert len(pictures.name + pictures.address + pictures.photo) < FILE_SIZE_MAX / 3


def test_a_variation_selector_leaves_no_mark_beside_its_kanji() -> None:
    assert drawable(FONT, "辻\U000e0100　清") == "辻　清"
    assert drawable(FONT, "芦\ufe00奈\u200b") == f"芦奈{GETA}"


@pytest.mark.parametrize("character", ["Ą", "ع", "😀", "\ue000", "\n", "\u200b", "\U000e0100"])
def test_a_missing_character_is_noticed_and_not_told(character: str) -> None:
    with pytest.raises(Unavailable) as refused:
        drawn(name=f"見本{character}花子")
    assert refused.value.code == "E_GLYPH_MISSING"
    assert refused.value.context == {"position": 3}
    assert character not in str(refused.value)


@given(st.text(max_size=30))
def test_any_text_is_drawn_or_refused_by_name(text: str) -> None:
    try:
        pictures = drawn(name=text)
    except Unavailable as refused:
        if refused.code != "E_GLYPH_MISSING":
            raise
    else:
        assert bool(ink(pictures.name)) == bool(text.strip())


def test_the_font_is_the_setting_then_the_package_then_debians(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.otf"
    own.write_bytes(sans_path().read_bytes())
    assert japanese_font(str(own)) == own
    assert japanese_font() == sans_path()
    monkeypatch.setattr(fonts, "sans_path", lambda: tmp_path / "absent.otf")
    monkeypatch.setattr(fonts, "DEBIAN_FONT", own)
    assert japanese_font() == own
    monkeypatch.setattr(fonts, "DEBIAN_FONT", tmp_path / "absent.ttc")
    with pytest.raises(Unavailable, match="E_FONT_MISSING"):
        japanese_font()


def test_a_configured_font_that_is_none_is_not_passed_over(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.otf"
    damaged.write_bytes(sans_path().read_bytes()[:1000])
    for configured in (tmp_path / "absent.otf", damaged):
        with pytest.raises(Unavailable, match="E_FONT_MISSING"):
            japanese_font(str(configured))


@pytest.mark.conformance
def test_debians_font_serves_too() -> None:
    require_glyphs(DEBIAN_FONT, "見本　花子みほん県れいだい町１－２－３髙邉")
    with pytest.raises(Unavailable, match="E_GLYPH_MISSING"):
        require_glyphs(DEBIAN_FONT, "ع")
