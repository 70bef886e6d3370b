"""The numbers and codes by which certificates, people, cards and municipalities are told apart.

Each is a type, so that none is taken for another, and is written in one way, which stands here. To make one
of a value does not judge it: databases, cards and certificates of others hold what they hold. What a message
brings is judged by `checked`.
"""

from typing import ClassVar, Self

SERIAL_END = 1 << 159
"""A serial number has at most 20 octets, the one for the sign included (RFC 5280, 4.1.2.2)."""


class Identifier:
    """What stands for one thing: a kind of text or of number."""

    __slots__ = ()
    base: ClassVar[type]
    """What it is in JSON and in a database."""

    @classmethod
    def checked(cls, value: object) -> Self:
        """An identifier of this kind. Raises ValueError for a value that has not its form."""
        if type(value) is not cls.base or not cls._has_form(value):
            raise ValueError(f"no {cls.__name__}")
        return cls(value)  # type: ignore[call-arg]

    @classmethod
    def _has_form(cls, value: object) -> bool:
        raise NotImplementedError


class SerialNumber(Identifier, int):
    """The serial number of a certificate. Written in hexadecimal, with eight digits at least."""

    __slots__ = ()
    base = int

    def __str__(self) -> str:
        return f"{self:08X}"

    @classmethod
    def _has_form(cls, value: object) -> bool:
        return isinstance(value, int) and 0 < value < SERIAL_END
