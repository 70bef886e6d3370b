"""The one tree of errors: seven kinds, by what the caller should do next.

Every error carries a stable `code`. The sentences for people (cause, remedy, whom to call) stand in
`errors.toml`, one entry for each code, and in Japanese in the catalogue; `docs/reference/errors.md` is made
from them. An error never carries personal data: its `context` may hold counts, dates, purposes and
identifiers of things, never a name, an address, a birth date or a PIN. What of it is a sentence itself
(`translation.Sentence`) is said in the language of the whole.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import ClassVar

from honnin.translation import Language as Language
from honnin.translation import filled, gettext, in_language, message

ContextValue = str | int


def language_of(tag: str | None) -> Language:
    """The language of sentences for a language tag ("en-GB"): English when it says so, else Japanese."""
    return "en" if (tag or "").lower().startswith("en") else "ja"


def between_sentences(language: Language) -> str:
    """The separator between two sentences of one text."""
    return "" if language == "ja" else " "


class Reader(StrEnum):
    """Who reads an error message: staff are not sent to their own counter."""

    PUBLIC = "public"
    CLERK = "clerk"
    OPERATOR = "operator"


@dataclass(frozen=True, order=True)
class Refusal:
    """One reason why the law says no: a stable code, the clauses it rests on, details for its sentence."""

    code: str
    clauses: tuple[str, ...] = ()
    details: tuple[tuple[str, ContextValue], ...] = ()


class HonninError(Exception):
    """Root of the tree; never raised itself."""

    kind: ClassVar[str] = "error"

    def __init__(self, code: str, /, **context: ContextValue) -> None:
        self.code = code
        self.context: Mapping[str, ContextValue] = context
        detail = "".join(f" {name}={value}" for name, value in context.items())
        super().__init__(f"{code}{detail}")

    def sentence(self, language: Language = "en") -> str:
        """Cause and next step, in one paragraph for a person."""
        return explain(self.code, language, self.context).paragraph(language)


class Refused(HonninError):
    """The law says no. Carries every refusal, not only the first."""

    kind = "refused"

    def __init__(self, *refusals: Refusal) -> None:
        if not refusals:
            raise ValueError("a refusal needs its reason")
        super().__init__(refusals[0].code)
        self.refusals = refusals
        self.args = (" ".join(refusal.code for refusal in refusals),)

    def sentence(self, language: Language = "en") -> str:
        entries = (explain(refusal.code, language, dict(refusal.details)) for refusal in self.refusals)
        return between_sentences(language).join(entry.paragraph(language) for entry in entries)


class NotAllowed(HonninError):
    """Not you: the act is possible, but not for this party."""

    kind = "not_allowed"


class Malformed(HonninError):
    """The bytes or fields are wrong; sending them again will not help."""

    kind = "malformed"


class Untrusted(HonninError):
    """A proof fails: signature, path, validity, status or challenge."""

    kind = "untrusted"


class Conflict(HonninError):
    """The world moved; look again and decide anew."""

    kind = "conflict"


class Unavailable(HonninError):
    """Not now; the same request may succeed later."""

    kind = "unavailable"


class CardError(HonninError):
    """The card said no, or went away."""

    kind = "card_error"


KINDS: tuple[type[HonninError], ...] = (
    Refused,
    NotAllowed,
    Malformed,
    Untrusted,
    Conflict,
    Unavailable,
    CardError,
)


_FORM_OF_PIN = {
    "0-9": message("{shortest} digits"),
    "0-9, A-Z": message("{shortest} to {longest} letters and digits, with at least one letter and one digit"),
    "0-9, A-Z, a-z": message("{shortest} to {longest} letters and digits"),
    "ASCII": message("{shortest} to {longest} letters, digits or signs"),
}
PARTS = ("cause", "remedy", "contact")


@dataclass(frozen=True)
class Explanation:
    """What a person is told about a code: why, what to do, and whom to call."""

    cause: str
    remedy: str
    contact: str

    def paragraph(self, language: Language) -> str:
        """Cause and next step as one text."""
        return between_sentences(language).join((self.cause, self.remedy))


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All codes, in English: `{code: {cause, remedy, contact}}`."""
    text = resources.files("honnin").joinpath("errors.toml").read_text("utf-8")
    return tomllib.loads(text)


def explain(
    code: str, language: Language = "en", context: Mapping[str, ContextValue] = MappingProxyType({})
) -> Explanation:
    """The sentences of a code, the cause filled in from the context of an error.

    Raises KeyError for a code that the catalogue does not know.
    """
    cause, remedy, contact = (gettext(catalogue()[code][part], language) for part in PARTS)
    details = _within(context, language)
    return Explanation(filled(cause, details), remedy, contact)


def _within(context: Mapping[str, ContextValue], language: Language) -> dict[str, ContextValue]:
    """The values as they fit into a sentence: words of others lose the stop at their end, nothing is "–".

    What a PIN is made of (`length`, `characters`) becomes its `form`, as it is typed.
    """
    values = {name: _fitting(in_language(value, language)) for name, value in context.items()}
    if form := _FORM_OF_PIN.get(str(context.get("characters"))):
        shortest, _, longest = str(values.get("length")).partition("-")
        values["form"] = filled(gettext(form, language), {"shortest": shortest, "longest": longest})
    return values


def _fitting(value: object) -> ContextValue:
    if isinstance(value, int):
        return value
    text = str(value).strip().rstrip(":：")
    return (text.rstrip(" .。:：") if " " in text or not text.isascii() else text) or "–"
