"""A card behind PC/SC, by ctypes on the system's library: a transport for tests, no more than they need."""

import ctypes
from types import TracebackType
from typing import Self

_SHARE_EXCLUSIVE, _PROTOCOL_T1, _RESET_CARD = 1, 2, 1
_LONGEST_ANSWER = 65538


class _Protocol(ctypes.Structure):
    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


class PcscCard:
    """The card in the named reader, for as long as the block lasts."""

    def __init__(self, reader_name: str) -> None:
        self._library = ctypes.CDLL("libpcsclite.so.1")
        self._context, self._card = ctypes.c_long(), ctypes.c_long()
        self._succeed("SCardEstablishContext", 2, None, None, ctypes.byref(self._context))
        name, protocol = reader_name.encode(), ctypes.c_ulong()
        references = ctypes.byref(self._card), ctypes.byref(protocol)
        self._succeed(
            "SCardConnect", self._context, name, _SHARE_EXCLUSIVE, ctypes.c_ulong(_PROTOCOL_T1), *references
        )

    def transmit(self, command: bytes) -> bytes:
        header = _Protocol(_PROTOCOL_T1, ctypes.sizeof(_Protocol))
        answer, length = ctypes.create_string_buffer(_LONGEST_ANSWER), ctypes.c_ulong(_LONGEST_ANSWER)
        size = ctypes.c_ulong(len(command))
        self._succeed(
            *("SCardTransmit", self._card, ctypes.byref(header), command, size),
            *(None, answer, ctypes.byref(length)),
        )
        return answer.raw[: length.value]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.SCardDisconnect(self._card, ctypes.c_ulong(_RESET_CARD))
        self._library.SCardReleaseContext(self._context)

    def _succeed(self, function: str, *arguments: object) -> None:
        outcome = getattr(self._library, function)(*arguments) & 0xFFFFFFFF
        if outcome:
            raise OSError(f"{function}: {outcome:08X}")
