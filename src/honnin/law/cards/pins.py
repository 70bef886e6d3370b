"""What a PIN looks like, how often it may be wrong, and what it opens, by card generation.

A PIN exists on the card only: this room looks at a text for the length of one call. It refuses to put a
PIN, or any part of it, into an answer or an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.terms import Generation, Purpose
from honnin.pin import Pin
from honnin.widths import half_width

DIGITS = frozenset("0123456789")
UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_TO_UPPER = {ord(letter): letter.upper() for letter in LOWER}


class PinKind(StrEnum):
    """The secrets a card can hold."""

    SIGNATURE = "signature"  # 署名用。住基カードでは公的個人認証サービスのパスワード
    USER_AUTHENTICATION = "user_authentication"  # 利用者証明用
    RESIDENT_REGISTER = "resident_register"  # 住民基本台帳用
    CARD_FACE_ENTRY = "card_face_entry"  # 券面事項入力補助用
    CARD = "card"  # 住基カードの暗証番号


@dataclass(frozen=True)
class PinRule:
    """The form of one PIN and its limit: lengths in characters, both included; tries in a row.

    `each_of`: of each of these one character at least, as practice has it.
    """

    shortest: int
    longest: int
    characters: frozenset[str]
    tries: int
    each_of: tuple[frozenset[str], ...] = ()
    clauses: tuple[str, ...] = ()

    def written(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The form for a sentence in any language: `length` (4, 6-16) and `characters` (0-9, A-Z)."""
        length = f"{self.shortest}" if self.shortest == self.longest else f"{self.shortest}-{self.longest}"
        named = (("0-9", DIGITS), ("A-Z", UPPER), ("a-z", LOWER))
        characters = ", ".join(name for name, some in named if some <= self.characters)
        return (("length", length), ("characters", characters))


_FOUR_DIGITS = PinRule(4, 4, DIGITS, 3, clauses=("card-ordinance/33",))
PIN_RULES: Mapping[tuple[Generation, PinKind], PinRule] = MappingProxyType(
    {
        (Generation.JUKI_CARD, PinKind.CARD): PinRule(4, 4, DIGITS, 5, clauses=("S0-22",)),
        (Generation.JUKI_CARD, PinKind.SIGNATURE): PinRule(
            4, 16, DIGITS | UPPER | LOWER, 5, clauses=("S0-22",)
        ),
        (Generation.NUMBER_CARD, PinKind.SIGNATURE): PinRule(
            6, 16, DIGITS | UPPER, 5, each_of=(DIGITS, UPPER), clauses=("S1-E1.1", "S2-1.1")
        ),
        (Generation.NUMBER_CARD, PinKind.USER_AUTHENTICATION): PinRule(
            4, 4, DIGITS, 3, clauses=("S1-E1.2", "S2-1.2")
        ),
        (Generation.NUMBER_CARD, PinKind.RESIDENT_REGISTER): _FOUR_DIGITS,
        (Generation.NUMBER_CARD, PinKind.CARD_FACE_ENTRY): _FOUR_DIGITS,
    }
)


def pin_rule(kind: PinKind, generation: Generation) -> PinRule:
    """The rule of one PIN. Raises KeyError where that generation has no such PIN."""
    return PIN_RULES[generation, kind]


def normalise_pin(text: str, kind: PinKind, generation: Generation = Generation.NUMBER_CARD) -> Pin:
    """The PIN as the card stores it: full-width forms become half-width, and a-z of a Number Card's signature
    password A-Z. Two entries are the same PIN when this makes the same of them.

    The card itself folds nothing; clients do it before sending. Digits of other scripts stay what they are
    and fail the format, and so do letters such as ſ or ß that `str.upper` would let in. The Juki card's
    password keeps its case (our choice; the leaflet says no more than letters and digits).
    """
    typed = half_width(text)
    folds = kind is PinKind.SIGNATURE and generation is Generation.NUMBER_CARD
    return Pin(typed.translate(_TO_UPPER) if folds else typed)


@cites("S0-22", "S1-E1.1", "S1-E1.2", "S2-1.1", "S2-1.2", "card-ordinance/33", "practice/1")
def pin_format_refusals(
    pin: Pin, kind: PinKind, generation: Generation = Generation.NUMBER_CARD
) -> tuple[Refusal, ...]:
    """Why a normalised PIN cannot be set: E_PIN_FORMAT, or E_PIN_SCOPE where the card has no such PIN.

    Number Card: signature 6-16 of A-Z and 0-9; the others 4 digits. Juki card: PIN 4 digits, certificate
    password 4-16 letters and digits. That a number card's signature password has one letter and one digit at
    least is no text's rule but what the counters ask for, and is cited so (`practice/1`).
    """
    rule = PIN_RULES.get((generation, kind))
    if rule is None:
        return (Refusal("E_PIN_SCOPE", ("S0-22",)),)
    characters = set(pin)
    if not (rule.shortest <= len(pin) <= rule.longest and characters <= rule.characters):
        return (Refusal("E_PIN_FORMAT", rule.clauses, rule.written()),)
    if not all(characters & needed for needed in rule.each_of):
        return (Refusal("E_PIN_FORMAT", ("practice/1",), rule.written()),)
    return ()


@cites("S0-23", "S1-E1.1", "S1-E1.2", "S2-1.1", "S2-1.2")
def pin_of_key(purpose: Purpose, generation: Generation = Generation.NUMBER_CARD) -> PinKind:
    """The one PIN that authorises the key of a certificate; no other does.

    On the Juki card only the certificate password authorises a signature; the card's PIN does not. Raises
    KeyError for a certificate that the generation has not.
    """
    own = PinKind.SIGNATURE if purpose is Purpose.SIGNATURE else PinKind.USER_AUTHENTICATION
    pin_rule(own, generation)
    return own


def tries_left(failures_in_a_row: int, kind: PinKind, generation: Generation) -> int:
    """How many wrong entries are left, never below 0. Raises KeyError for a PIN the generation has not.

    Counted on the card for each PIN, across readers and sessions, until a correct entry or an
    initialisation (our choice of what 「連続して」 means).
    """
    return max(0, pin_rule(kind, generation).tries - failures_in_a_row)


@cites("S0-25", "S1-E2.2a", "S1-E2.2b", "S2-2.2a")
def pin_use_refusals(failures_in_a_row: int, kind: PinKind, generation: Generation) -> tuple[Refusal, ...]:
    """Why a PIN cannot be tried any more: E_PIN_LOCKED after 5 wrong entries in a row, or 3.

    5 for the signature password and both secrets of the Juki card, 3 for the other PINs of a Number Card.
    """
    if tries_left(failures_in_a_row, kind, generation):
        return ()
    clauses = ("S0-25",) if generation is Generation.JUKI_CARD else ("S2-2.2a",)
    return (Refusal("E_PIN_LOCKED", clauses),)
