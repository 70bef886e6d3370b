"""Commands and responses as ISO/IEC 7816-3 (12.1) writes them: four cases, short and extended lengths.

Refuses anything whose lengths do not add up; does not know what a command means.
"""

from dataclasses import dataclass, field
from typing import Self

from honnin.errors import Malformed

SHORT_LC_MAX = 255
EXTENDED_LC_MAX = 65535
SHORT_LE_MAX = 256
EXTENDED_LE_MAX = 65536


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU. `le` is the number of response bytes wanted (1 to 65536), None when none are.

    `extended` keeps lengths extended that would fit the short form: a command MAC covers Lc as it was sent.
    It does not count when commands are compared.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The command written in `raw`. Raises Malformed E_APDU_MALFORMED when the lengths do not fit."""
        size = len(raw)
        if size == 4:
            return cls(raw[0], raw[1], raw[2], raw[3])
        if size < 4:
            raise Malformed("E_APDU_MALFORMED")
        lc = raw[4]
        if size == 5:
            return cls(raw[0], raw[1], raw[2], raw[3], b"", lc or SHORT_LE_MAX)
        if lc == 0:
            return cls(raw[0], raw[1], raw[2], raw[3], *_extended(raw), True)
        data, rest = raw[5 : 5 + lc], raw[5 + lc :]
        if len(data) < lc or len(rest) > 1:
            raise Malformed("E_APDU_MALFORMED")
        return cls(raw[0], raw[1], raw[2], raw[3], data, (rest[0] or SHORT_LE_MAX) if rest else None)

    @property
    def is_extended(self) -> bool:
        """Whether the lengths are written in the extended form (3 bytes Lc, 2 or 3 bytes Le)."""
        return self.extended or len(self.data) > SHORT_LC_MAX or (self.le or 0) > SHORT_LE_MAX

    @property
    def asks_for_all(self) -> bool:
        """Whether Le is not there, or the largest of its form: 00, or 0000 where it is extended."""
        return self.le in (None, EXTENDED_LE_MAX if self.is_extended else SHORT_LE_MAX)

    def without_le(self) -> bytes:
        """Header, Lc and data: what a command MAC covers (GlobalPlatform Card Spec. Amendment D, 6.2.4)."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if not self.data:
            return header
        size = len(self.data)
        lc = b"\x00" + size.to_bytes(2, "big") if self.is_extended else bytes((size,))
        return header + lc + self.data

    def to_bytes(self) -> bytes:
        """The command APDU as it was read; a new one in the short form where it fits."""
        return self.without_le() + self.le_octets()

    def le_octets(self) -> bytes:
        """Le as it is written behind the data; nothing where there is none."""
        if self.le is None:
            return b""
        if not self.is_extended:
            return bytes((self.le % SHORT_LE_MAX,))
        le = (self.le % EXTENDED_LE_MAX).to_bytes(2, "big")
        return le if self.data else b"\x00" + le

    def with_data(self, data: bytes, *, cla: int) -> Self:
        """The same command with other data, and of another class."""
        return type(self)(cla, self.ins, self.p1, self.p2, data, self.le, self.extended)


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU: data and status word."""

    data: bytes = b""
    status_word: int = 0x9000

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The response written in `raw`. Raises Malformed E_APDU_MALFORMED when there is no status word."""
        if len(raw) < 2:
            raise Malformed("E_APDU_MALFORMED")
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))

    def to_bytes(self) -> bytes:
        return self.data + self.status_word.to_bytes(2, "big")


def _extended(raw: bytes) -> tuple[bytes, int | None]:
    """Data and Le of an extended command (byte 4 is 00). Raises Malformed."""
    if len(raw) < 7:
        raise Malformed("E_APDU_MALFORMED")
    size = int.from_bytes(raw[5:7], "big")
    if len(raw) == 7:
        return b"", size or EXTENDED_LE_MAX
    data, rest = raw[7 : 7 + size], raw[7 + size :]
    if size == 0 or len(data) < size or len(rest) not in (0, 2):
        raise Malformed("E_APDU_MALFORMED")
    return data, (int.from_bytes(rest, "big") or EXTENDED_LE_MAX) if rest else None
