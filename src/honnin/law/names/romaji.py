"""How a name that is typed in letters, or said over the telephone, may be written in katakana.

For looking up alone. Hepburn and Kunrei spellings, and those of passports, which leave long vowels out: SATO
may be サト and サトウ, ONO オノ and オオノ, KENICHI ケニチ and ケンイチ. What comes back is folded as
`spelling.folded_name` folds readings, each the beginning of what is looked for.
"""

import re
from collections.abc import Iterator
from itertools import islice

from honnin.law.names.spelling import folded_name

MOST = 64
"""Writings of one word that are tried; a longer name has more, of which the likelier come first."""

_ROWS = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "s": "サシスセソ",
    "z": "ザジズゼゾ",
    "t": "タチツテト",
    "d": "ダジズデド",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "b": "バビブベボ",
    "p": "パピプペポ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "l": "ラリルレロ",
    "v": "バビブベボ",
}
_SYLLABLES = {
    consonant + vowel: kana
    for consonant, row in _ROWS.items()
    for vowel, kana in zip("aiueo", row, strict=True)
} | {
    "ya": "ヤ",
    "yu": "ユ",
    "yo": "ヨ",
    "wa": "ワ",
    "wo": "オ",
    "wi": "イ",
    "we": "エ",
    "shi": "シ",
    "chi": "チ",
    "tsu": "ツ",
    "fu": "フ",
    "ji": "ジ",
    "fa": "フア",
    "fi": "フイ",
    "fe": "フエ",
    "fo": "フオ",
    "she": "シエ",
    "che": "チエ",
    "je": "ジエ",
}
_PALATAL = {
    "ky": "キ", "gy": "ギ", "sh": "シ", "sy": "シ", "j": "ジ", "jy": "ジ", "zy": "ジ", "ch": "チ", "ty": "チ",
    "ny": "ニ", "hy": "ヒ", "by": "ビ", "py": "ピ", "my": "ミ", "ry": "リ", "dy": "ジ",
}  # fmt: skip
_SYLLABLES |= {
    start + vowel: kana + glide
    for start, kana in _PALATAL.items()
    for vowel, glide in (("a", "ヤ"), ("u", "ユ"), ("o", "ヨ"))
}
_SYLLABLE = re.compile("|".join(sorted(_SYLLABLES, key=len, reverse=True)))
_LONG = {
    "オ": "オコゴソゾトドノホボポモヨロ",
    "ウ": "ウクグスズツヌフブプムユル",
}
_LONG_AFTER = {kana: vowel for vowel, row in _LONG.items() for kana in row}


def readings(word: str) -> tuple[str, ...]:
    """The writings of a word in letters or kana, folded; empty where it is no Japanese word in either.

    A word in kana gives those that differ in long vowels: おおの also オウノ and オノ.
    """
    plain = folded_name(word)
    if plain.isascii():
        found = _from_letters(plain)
    elif all("ァ" <= c <= "ヺ" for c in plain):
        found = _from_syllables(_without_long(plain))
    else:
        return ()
    return tuple(dict.fromkeys(islice(found, MOST))) if plain else ()


def _from_letters(word: str) -> Iterator[str]:
    for spelled in _spellings(word):
        syllables = _syllables(spelled)
        if syllables is not None:
            yield from _from_syllables(syllables)


def _spellings(word: str) -> Iterator[str]:
    """With ン written N: where a vowel follows, it may be ン or the row of ナ."""
    plain = re.sub(r"oh(?![aiueoy])", "o", word)  # OHNO, SATOH
    plain = re.sub(r"m(?=[bmp])", "N", plain).replace("tch", "Xch")
    plain = re.sub(r"([bcdfghjkpqrstvwz])(?=\1)", "X", plain)
    plain = re.sub(r"n(?![aiueoy])", "N", plain)
    places = [match.start() for match in re.finditer(r"(?<=[aiueo])n(?=[aiueoy])", plain)]
    for chosen in range(min(2 ** len(places), MOST)):
        letters = list(plain)
        for number, place in enumerate(places):
            if chosen >> number & 1:
                letters[place] = "N"
        yield "".join(letters)


def _syllables(word: str) -> list[str] | None:
    found, at = [], 0
    while at < len(word):
        if word[at] in "NX":
            found.append("ン" if word[at] == "N" else "ツ")
            at += 1
        elif match := _SYLLABLE.match(word, at):
            found += _SYLLABLES[match[0]]
            at = match.end()
        else:
            return None
    return _without_long("".join(found))


def _without_long(kana: str) -> list[str]:
    """The syllables, those that only lengthen the one before left out: サトウ is サト."""
    found: list[str] = []
    for c in kana:
        long = _LONG_AFTER.get(found[-1]) if found else None
        if not (c == long or (long == "オ" and c == "ウ")):
            found.append(c)
    return found


def _from_syllables(syllables: list[str]) -> Iterator[str]:
    """Every syllable that may be long, short and long; the last one short, since more may follow."""
    choices = [_written(c) for c in syllables[:-1]]
    yield from _joined(choices, "".join(syllables[-1:]))


def _written(kana: str) -> tuple[str, ...]:
    vowel = _LONG_AFTER.get(kana)
    if vowel is None:
        return (kana,)
    return (kana, kana + "ウ") if vowel == "ウ" else (kana, kana + "ウ", kana + "オ")


def _joined(choices: list[tuple[str, ...]], last: str) -> Iterator[str]:
    """All of them, those with few long vowels first."""
    levels: list[list[str]] = [[""]]
    for choice in choices:
        longer: list[list[str]] = [[] for _ in range(len(levels) + 1)]
        for number, words in enumerate(levels):
            for word in words[:MOST]:
                longer[number].append(word + choice[0])
                longer[number + 1] += [word + each for each in choice[1:]]
        levels = longer
    for words in levels:
        yield from (word + last for word in words)
