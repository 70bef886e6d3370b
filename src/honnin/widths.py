"""Full-width forms, which a Japanese keyboard types where half-width ones are meant.

For what has one form only, such as a PIN, a day, a number or a code. Names and addresses keep the forms in
which they are written. Digits of other scripts, superscripts and circled numbers stay what they are.
"""

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Minus and hyphens, the keys beside 0 of Japanese keyboards, and the long vowel that their hyphen key types.
_HYPHENS = dict.fromkeys(map(ord, "‐‑–—―−ーｰ"), "-")


def half_width(text: str) -> str:
    """The text with full-width letters, digits and signs (U+FF01 to U+FF5E) as ASCII; all else is kept."""
    return text.translate(_HALF)


def half_width_with_hyphens(text: str) -> str:
    """The same for what has hyphens and no words, such as 1990-03-15: whatever looks like one is one."""
    return half_width(text).translate(_HYPHENS)
