"""Which characters a certificate may record, and the substitutes for those it may not (代替文字).

A certificate records JIS X 0208 (levels 1 and 2) and the supplementary kanji of JIS X 0212. A character
outside is replaced by one that a person at the counter chose; this room never guesses it, not even where
Unicode offers a "compatible" form.
"""

import unicodedata
from dataclasses import dataclass

from honnin.errors import Refusal, Refused
from honnin.law.citation import cites

LONGEST_ADDRESS = 200
KEPT = "0"
REPLACED = "1"
_HALF_WIDTH_KATAKANA = b"\x8e"
# One JIS character, two Unicode readings: what Windows keyboards type for 〜 ‖ − ¢ £ ¬ ―.
_KEYBOARD_TWINS = frozenset("～∥－￠￡￢—")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def is_recordable(character: str) -> bool:
    """Whether one code point may stand in a certificate.

    Printable ASCII, JIS X 0208, JIS X 0212. Tested by EUC-JP, which is exactly these three once half-width
    katakana are taken out; `cp932` would let in vendor characters such as 髙, JIS X 0213 others such as 﨑.
    """
    if character in _KEYBOARD_TWINS:
        return True
    if not character.isprintable() and character != "\u3000":
        return False
    try:
        encoded = character.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    # The way back refuses code points that the codec folds onto another (¥ onto \).
    return encoded.decode("euc_jp") == character and not encoded.startswith(_HALF_WIDTH_KATAKANA)


def characters_of(text: str) -> tuple[str, ...]:
    """The text as a reader counts it: each base with its variation selectors and combining marks."""
    clusters: list[str] = []
    for code_point in text:
        if clusters and _belongs_to_the_one_before(code_point):
            clusters[-1] += code_point
        else:
            clusters.append(code_point)
    return tuple(clusters)


def needs_substitute(text: str) -> tuple[int, ...]:
    """Positions (from 0, in `characters_of`) of the characters that cannot be recorded as they are.

    A kanji with a variation selector (葛 + VS18) is one character, and not recordable: the certificate has
    no way to say which shape is meant.
    """
    return tuple(
        position
        for position, character in enumerate(characters_of(text))
        if not _is_recordable_alone(character)
    )


@dataclass(frozen=True)
class SubstituteCharacters:
    """A text as recorded, with one flag for each of its characters: "1" where a substitute stands.

    Hides its text from logs. Raises ValueError when text and flags differ in length, when a flag is
    neither "0" nor "1", or when the text still holds a character that cannot be recorded.
    """

    text: str
    flags: str

    def __post_init__(self) -> None:
        if len(self.text) != len(self.flags) or set(self.flags) - {KEPT, REPLACED}:
            raise ValueError("one flag, 0 or 1, for each character")
        if needs_substitute(self.text):
            raise ValueError("a recorded text has recordable characters only")

    def __repr__(self) -> str:
        return f"SubstituteCharacters(…, flags={self.flags!r})"


@cites("S4-1.3.2")
def recorded_text_refusals(text: str, recorded: str) -> tuple[Refusal, ...]:
    """Why a text of the register cannot be recorded in the form a person chose.

    規約第1条第3項第2号。E_SUBSTITUTE_MISSING: a character that cannot be recorded is still there, or the
    count of characters differs. E_SUBSTITUTE_NOT_NEEDED: a character that can be recorded was altered.
    """
    originals = characters_of(text)
    if len(originals) != len(recorded) or needs_substitute(recorded):
        return (Refusal("E_SUBSTITUTE_MISSING", ("S4-1.3.2",)),)
    altered = (was for was, now in zip(originals, recorded, strict=True) if was != now)
    if any(_is_recordable_alone(was) for was in altered):
        return (Refusal("E_SUBSTITUTE_NOT_NEEDED", ("S4-1.3.2",)),)
    return ()


@cites("S4-1.3.2")
def record_with_substitutes(text: str, recorded: str) -> SubstituteCharacters:
    """The text as a person chose to record it, each replaced character flagged.

    `text` as the register writes it, `recorded` the same with one recordable character in place of each
    that is not. Raises Refused with `recorded_text_refusals` where the two do not agree: nothing is
    replaced without need, and nothing is left to be guessed.
    """
    refusals = recorded_text_refusals(text, recorded)
    if refusals:
        raise Refused(*refusals)
    return SubstituteCharacters(recorded, _flags(characters_of(text), recorded))


def address_refusals(address: str) -> tuple[Refusal, ...]:
    """Why an address cannot be recorded: E_ADDRESS_TOO_LONG beyond 200 characters."""
    too_long = len(characters_of(address)) > LONGEST_ADDRESS
    return (Refusal("E_ADDRESS_TOO_LONG"),) if too_long else ()


def _flags(originals: tuple[str, ...], recorded: str) -> str:
    return "".join(KEPT if was == now else REPLACED for was, now in zip(originals, recorded, strict=True))


def _is_recordable_alone(character: str) -> bool:
    return len(character) == 1 and is_recordable(character)


def _belongs_to_the_one_before(code_point: str) -> bool:
    number = ord(code_point)
    return bool(unicodedata.combining(code_point)) or any(number in block for block in _VARIATION_SELECTORS)
