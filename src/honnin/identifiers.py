"""The numbers and codes by which certificates, people, cards and municipalities are told apart.

Each is a type, so that none is taken for another, and is read and written in one way, which stands here. To
make one of a value does not judge it: databases, cards and certificates of others hold what they hold, and a
column is empty where there is none. `checked` judges what a message brings, `parse` what people type.
"""

import re
from re import Pattern
from typing import ClassVar, Final, Self
from unicodedata import normalize

SERIAL_END: Final = 1 << 159
"""A serial number has at most 20 octets, the one for the sign included (RFC 5280, 4.1.2.2)."""


HYPHENS: Final = "‐‑‒–—―−ー-"
"""What people type for a hyphen, the long vowel of Japanese keyboards among it; for a set of characters."""


class Identifier:
    """What stands for one thing: a kind of text or of number, which JSON and databases hold as such."""

    __slots__ = ()

    @classmethod
    def has_form(cls, value: object) -> bool:
        """Whether a text or number is written as this kind is."""
        raise NotImplementedError

    @classmethod
    def _words(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__).lower()

    @classmethod
    def checked(cls, value: object) -> Self:
        """An identifier of this kind. Raises ValueError for a value that has not its form."""
        if not cls.has_form(value):
            raise ValueError(f"not a {cls._words()}")
        return cls(value)  # type: ignore[call-arg]


class SerialNumber(Identifier, int):
    """The serial number of a certificate. Written in hexadecimal, with eight digits at least."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self:08X}"

    @classmethod
    def has_form(cls, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < SERIAL_END


class _Code(Identifier, str):
    """A text of one form, in which people leave out or add what does not count."""

    __slots__ = ()
    form: ClassVar[Pattern[str]]
    form_typed: ClassVar[Pattern[str]]

    @classmethod
    def has_form(cls, value: object) -> bool:
        return isinstance(value, str) and cls.form.fullmatch(value) is not None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What somebody typed, in any width, in small letters or in groups; None for what is none.

        Groups have spaces or hyphens between them. With other signs it may be something else, as a day is.
        """
        plain = ungrouped(text)
        return cls(plain) if cls.form_typed.fullmatch(plain) else None


class PersonCode(_Code):
    """住民票コード: eleven digits; those of invented people begin with 99."""

    __slots__ = ()
    form = form_typed = re.compile("[0-9]{11}")


class CardNumber(_Code):
    """What a card names itself by: 1 to 64 printable ASCII characters, of which ours have fifteen."""

    __slots__ = ()
    form = re.compile("[ -~]{1,64}")
    form_typed = re.compile("(?=.*[0-9]{8})[0-9A-Z]{15}")


class MunicipalityCode(_Code):
    """全国地方公共団体コード without its check digit: five digits."""

    __slots__ = ()
    form = form_typed = re.compile("[0-9]{5}")


def ungrouped(text: str) -> str:
    """A text without spaces and hyphens, in one width and case."""
    return re.sub(rf"[\s{HYPHENS}]", "", normalize("NFKC", text)).upper()


def folded(text: str) -> str:
    """A code that was typed, as it is compared: letters and digits, in one width and case."""
    return "".join(each for each in normalize("NFKC", text).upper() if each.isalnum() and each != "ー")
