"""A card in a real reader, by the system's PC/SC library (libpcsclite), loaded when it is first used.

By ctypes and not by a package: the package for it has no ready build for Linux, so that everybody would
need a compiler for six functions. The card is reached with protocol T=1, which the number card speaks.

Other programs may see the card too, but none comes between the commands of one holder: who comes second
waits. The card is reset when the holder leaves, so that no verified PIN stays behind.
"""

import ctypes
from ctypes import byref, c_char_p, c_long, c_ulong, c_void_p
from types import TracebackType
from typing import Final, Self

from honnin.errors import CardError, HonninError, Unavailable
from honnin.translation import listed

_LIBRARY: Final = "libpcsclite.so.1"
_SCOPE_SYSTEM, _SHARE_SHARED, _PROTOCOL_T1, _LEAVE_CARD, _RESET_CARD = 2, 2, 2, 0, 1
_LONGEST_ANSWER: Final = 65538
_LONGEST_ATR: Final = 33
_IN_USE: Final = 0x8010000B
# No card, unresponsive, unpowered, reset, removed, reader gone; and the two by which a transmission fails
# whose card went in the middle (not transacted, data lost).
_REMOVED: Final = frozenset(
    (0x8010000C, 0x80100066, 0x80100067, 0x80100068, 0x80100069, 0x80100017, 0x80100016, 0x8010002F)
)
_NO_SERVICE: Final = frozenset((0x8010001D, 0x8010001E))
_NO_READER: Final = frozenset((0x80100009, 0x8010002E))
_NO_PROTOCOL: Final = 0x8010000F


class _Protocol(ctypes.Structure):
    _fields_ = (("protocol", c_ulong), ("length", c_ulong))


_T1: Final = _Protocol(_PROTOCOL_T1, ctypes.sizeof(_Protocol))


class _Context:
    """A connection with the PC/SC service. Raises Unavailable E_PCSC_UNAVAILABLE where there is none."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(_LIBRARY)
        except OSError as error:
            raise Unavailable("E_PCSC_UNAVAILABLE") from error
        self.handle = c_long()
        self.call("SCardEstablishContext", c_ulong(_SCOPE_SYSTEM), None, None, byref(self.handle))

    def call(self, function: str, *arguments: object) -> None:
        """Call a function of the library. Raises what its answer means."""
        outcome = getattr(self._library, function)(*arguments) & 0xFFFFFFFF
        if outcome:
            raise _error(function, outcome)

    def readers(self) -> list[str]:
        length = c_ulong()
        try:
            self.call("SCardListReaders", self.handle, None, None, byref(length))
            names = ctypes.create_string_buffer(length.value)
            self.call("SCardListReaders", self.handle, None, names, byref(length))
        except Unavailable as error:
            if error.code == "E_PCSC_READER_NOT_FOUND":
                return []
            raise
        return [name.decode(errors="replace") for name in names.raw.split(b"\x00") if name]

    def release(self) -> None:
        self._library.SCardReleaseContext(self.handle)


def reader_names() -> list[str]:
    """The readers that there are now. Raises Unavailable E_PCSC_UNAVAILABLE, E_PCSC_FAILED."""
    context = _Context()
    try:
        return context.readers()
    finally:
        context.release()


class PcscCard:
    """The card in a reader, for as long as the block lasts.

    `reader` is the reader's name or a part of it that only one has. Raises Unavailable E_PCSC_UNAVAILABLE,
    E_PCSC_READER_NOT_FOUND, E_PCSC_FAILED; CardError E_CARD_REMOVED when no card is in, E_CARD_IN_USE.
    """

    def __init__(self, reader: str) -> None:
        self._context = _Context()
        self._card = c_long()
        self._open = False
        try:
            name = _chosen(reader, self._context.readers())
            self._context.call(
                *("SCardConnect", self._context.handle, c_char_p(name.encode())),
                *(c_ulong(_SHARE_SHARED), c_ulong(_PROTOCOL_T1), byref(self._card), byref(c_ulong())),
            )
            self._open = True
            self._context.call("SCardBeginTransaction", self._card)
        except BaseException:
            self.close()
            raise

    @property
    def atr(self) -> bytes:
        atr, length = ctypes.create_string_buffer(_LONGEST_ATR), c_ulong(_LONGEST_ATR)
        self._context.call("SCardStatus", self._card, None, None, None, None, atr, byref(length))
        return atr.raw[: length.value]

    def reset(self) -> None:
        """Power off and on. Raises CardError E_CARD_REMOVED."""
        self._context.call(
            *("SCardReconnect", self._card, c_ulong(_SHARE_SHARED), c_ulong(_PROTOCOL_T1)),
            *(c_ulong(_RESET_CARD), byref(c_ulong())),
        )

    def transmit(self, command: bytes) -> bytes:
        """Raises CardError E_CARD_REMOVED when the card was pulled out, or after `close`."""
        if not self._open:
            raise CardError("E_CARD_REMOVED")
        answer, length = ctypes.create_string_buffer(_LONGEST_ANSWER), c_ulong(_LONGEST_ANSWER)
        self._context.call(
            *("SCardTransmit", self._card, byref(_T1), c_char_p(command), c_ulong(len(command))),
            *(c_void_p(None), answer, byref(length)),
        )
        return ctypes.string_at(answer, length.value)

    def close(self) -> None:
        """Let go of the card; it is reset."""
        if self._open:
            self._open = False
            for function, disposition in (
                ("SCardEndTransaction", _LEAVE_CARD),
                ("SCardDisconnect", _RESET_CARD),
            ):
                try:
                    self._context.call(function, self._card, c_ulong(disposition))
                except HonninError:  # the card or the service is gone already
                    continue
        self._context.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _chosen(wanted: str, names: list[str]) -> str:
    """Raises Unavailable E_PCSC_READER_NOT_FOUND with the names that there are."""
    found = [name for name in names if name == wanted] or [
        name for name in names if wanted and wanted in name
    ]
    if len(found) != 1:
        raise Unavailable("E_PCSC_READER_NOT_FOUND", readers=listed(names) if names else "–")
    return found[0]


def _error(function: str, outcome: int) -> HonninError:
    if outcome in _REMOVED:
        return CardError("E_CARD_REMOVED")
    if outcome == _IN_USE:
        return CardError("E_CARD_IN_USE")
    if outcome == _NO_PROTOCOL:
        return CardError("E_CARD_UNSUPPORTED")
    if outcome in _NO_SERVICE:
        return Unavailable("E_PCSC_UNAVAILABLE")
    if outcome in _NO_READER:
        return Unavailable("E_PCSC_READER_NOT_FOUND", readers="–")
    return Unavailable("E_PCSC_FAILED", function=function, status=f"{outcome:08X}")
