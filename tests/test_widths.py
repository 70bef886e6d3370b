"""Full-width forms become half-width where they mean the same, and nothing else is folded."""

import string

from honnin.widths import half_width, half_width_with_hyphens
from tests.support.full_width import full_width

SIGNS = string.ascii_letters + string.digits + string.punctuation


def test_letters_digits_and_signs_become_half_width() -> None:
    assert half_width(full_width(SIGNS)) == SIGNS
    assert half_width(SIGNS) == SIGNS


def test_what_only_looks_like_them_stays() -> None:
    for text in ("١٢٣", "²①½", "ſßıÄ", "高橋　はなこ", "ーｰ−", "\x00\n"):
        assert half_width(text) == text


def test_every_hyphen_of_a_japanese_keyboard_is_one_in_a_day() -> None:
    for hyphen in "-－‐‑–—―−ーｰ":
        assert half_width_with_hyphens(f"１９９０{hyphen}０３-15") == "1990-03-15"
