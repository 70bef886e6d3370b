"""One name, many spellings: what is folded before names are compared, and names or addresses looked up.

The one place for that. Both sides of a comparison are folded, the typed one and the kept one. What is shown,
recorded or signed is never folded: characters for certificates are `characters`', and whether a new address
is the old one in law, where another kanji counts, is asked of `addresses`.
"""

import re
import unicodedata
from collections.abc import Iterable

from honnin.law.names.kanji_variants import GROUPS

_VARIANTS = {other: group[0] for group in GROUPS.split() for other in group[1:]}
# Registers write small kana large, and people write by ear what sounds the same.
_KANA = dict(zip("ァィゥェォッャュョヮヵヶヂヅヰヱヲヴ", "アイウエオツヤユヨワカケジズイエオブ", strict=True))
_LATIN = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}
_DASHES = "-‐‑‒–—―⁃−─━"
_V_ROW = (("[ヴゔ][ァぁ]", "バ"), ("[ヴゔ][ィぃ]", "ビ"), ("[ヴゔ][ェぇ]", "ベ"), ("[ヴゔ][ォぉ]", "ボ"))
_REPEATED = re.compile("(.)々")
# Between the parts of a name, beside white space: a foreigner's name has dots and commas.
_SEPARATORS = re.compile(r"[\s\u200b\u2060\ufeff・･,、，.。;；/／]+")
_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")} | {"零": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}
KANJI_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{''.join(_TENS)}]+")
_BLOCK = re.compile(f"{KANJI_NUMERAL.pattern}(?=丁目|番地|番|号)")
_UNITS = re.compile(r"(?<=[0-9])(?:丁目|番地ノ|番地|番(?!町)|号|ノ|-)+")
_BETWEEN_KANJI = re.compile(r"(?<=[一-鿿])[ガケ](?=[一-鿿])")


class _Folding(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded_character(chr(code))
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    """A text as it is compared: the same for every way of writing the same, and empty for blanks alone.

    Compatibility forms (NFKC), kanji variants and variation selectors, hiragana and katakana, small and large
    kana, letters' case and accents, dashes of every kind, white space, what is not seen, punctuation.
    """
    plain = unicodedata.normalize("NFKC", text)
    if "ヴ" in plain or "ゔ" in plain:
        for voiced, usual in _V_ROW:
            plain = re.sub(voiced, usual, plain)
    plain = plain.translate(_FOLDING)
    return _REPEATED.sub(r"\1\1", plain) if "々" in plain else plain


def _folded_character(character: str) -> str:
    if character in _DASHES:
        return "-"
    if character == "ー":
        return character
    if _is_left_out(character):
        return ""
    if "ぁ" <= character <= "ゖ":
        character = chr(ord(character) + 0x60)
    plain = _VARIANTS.get(character, character).casefold()
    plain = "".join(_without_accent(c) for c in plain)
    return "".join(_KANA.get(c, _LATIN.get(c, c)) for c in plain)


def _is_left_out(character: str) -> bool:
    """Blanks, punctuation, and what nobody sees: variation selectors, zero-width characters, directions."""
    if "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000" or character.isspace():
        return True
    return unicodedata.category(character)[0] in "PZC"


def _without_accent(character: str) -> str:
    """é as e; only what is Latin, Greek or Cyrillic: kana keep their marks."""
    base = unicodedata.normalize("NFD", character)[0]
    return base if base < "\u0530" else character


def folded_name(text: str) -> str:
    """A name, or a part of one, as it is compared: beside `folded` without long-vowel marks and hyphens."""
    return folded(text).replace("ー", "").replace("-", "")


def folded_address(text: str) -> str:
    """An address as it is compared: 一丁目２番３号 and １－２－３ are one, and so are ヶ, ケ and が."""
    plain = _BLOCK.sub(lambda found: kanji_number(found[0]), unicodedata.normalize("NFKC", text))
    plain = _BETWEEN_KANJI.sub("ケ", folded(plain).replace("ー", "-").replace("大字", ""))
    return _UNITS.sub("-", plain).rstrip("-")


def parts_of_name(text: str) -> tuple[str, ...]:
    """Family name, given name and what else stands between blanks, dots and commas, folded."""
    return tuple(part for part in map(folded_name, _SEPARATORS.split(text)) if part)


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are one, however they are written; an empty one is nobody's."""
    return folded_name(one) == folded_name(other) != ""


def answers_to(asked: Iterable[str], names: Iterable[str]) -> bool:
    """Whether somebody with these names (as written, in kanji, in kana) answers to the parts that were asked.

    `asked` as `parts_of_name` gives them: each is a whole part of one of the names, or together they are one,
    in either order. A name that is kept without a space between its parts answers to its beginning.
    """
    words = tuple(asked)
    known = [parts_of_name(name) for name in names]
    if words and any("".join(words) in {"".join(parts), "".join(reversed(parts))} for parts in known):
        return True
    whole = {part for parts in known for part in parts}
    undivided = [parts[0] for parts in known if len(parts) == 1]
    return bool(words) and all(
        word in whole or any(name.startswith(word) for name in undivided) for word in words
    )


def kanji_number(kanji: str) -> str:
    """A kanji numeral (`KANJI_NUMERAL`) in digits: 二十四 is 24, 一〇二 is 102."""
    if not any(each in _TENS for each in kanji):
        return "".join(str(_DIGITS[each]) for each in kanji)
    total = digits = 0
    for each in kanji:
        if each in _TENS:
            total += (digits or 1) * _TENS[each]
            digits = 0
        else:
            digits = digits * 10 + _DIGITS[each]
    return str(total + digits)
