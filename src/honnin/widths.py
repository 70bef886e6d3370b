"""Full-width forms, which a Japanese keyboard types where half-width ones are meant.

For what has one form only, such as a PIN, a day, a number or a code. Names and addresses keep the forms in
which they are written. Digits of other scripts, superscripts and circled numbers stay what they are.
And how wide a text is in a terminal, where it is broken into lines.
"""

from collections.abc import Iterator
from unicodedata import east_asian_width

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# A line begins with none of these, and ends with none of those: they go with the character beside them.
_CLOSING = "、。，．）」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ！？：；・…"
_OPENING = "（「『【〈《〔"
# Minus and hyphens, the keys beside 0 of Japanese keyboards, and the long vowel that their hyphen key types.
_HYPHENS = dict.fromkeys(map(ord, "‐‑–—―−ーｰ"), "-")


def half_width(text: str) -> str:
    """The text with full-width letters, digits and signs (U+FF01 to U+FF5E) as ASCII; all else is kept."""
    return text.translate(_HALF)


def half_width_with_hyphens(text: str) -> str:
    """The same for what has hyphens and no words, such as 1990-03-15: whatever looks like one is one."""
    return half_width(text).translate(_HYPHENS)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for what is wide in East Asia, one for all else."""
    return sum(2 if _is_wide(each) else 1 for each in text)


def padded(text: str, width: int) -> str:
    """The text filled up with spaces to so many columns."""
    return text + " " * max(width - columns(text), 0)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text in at most so many columns, broken between words or beside a wide character.

    No line begins with a closing sign. A word that is longer than a line stays whole.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and columns(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """What stays on one line each: a word, or a wide character; with signs and spaces behind it."""
    piece = ""
    for each in text:
        if piece and _may_break(piece[-1], each):
            yield piece
            piece = ""
        piece += each
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if before.isspace() or after.isspace():
        return not after.isspace()
    if after in _CLOSING or before in _OPENING:
        return False
    return _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"
