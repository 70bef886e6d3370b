"""What the answers of a PC/SC service mean; tests/conformance asks a real one."""

import ctypes
from typing import cast

import pytest

from honnin.card.transport import pcsc
from honnin.errors import HonninError, Unavailable

ANSWERS = {
    0x8010000C: "E_CARD_REMOVED",  # SCARD_E_NO_SMARTCARD
    0x80100069: "E_CARD_REMOVED",  # SCARD_W_REMOVED_CARD
    0x80100016: "E_CARD_REMOVED",  # SCARD_E_NOT_TRANSACTED
    0x8010000B: "E_CARD_IN_USE",  # SCARD_E_SHARING_VIOLATION
    0x8010000F: "E_CARD_UNSUPPORTED",  # SCARD_E_PROTO_MISMATCH
    0x8010001D: "E_PCSC_UNAVAILABLE",  # SCARD_E_NO_SERVICE
    0x8010002E: "E_PCSC_READER_NOT_FOUND",  # SCARD_E_NO_READERS_AVAILABLE
    0x80100001: "E_PCSC_FAILED",  # SCARD_F_INTERNAL_ERROR
}


class Library:
    """A PC/SC library that has one reader, until `function` fails with `outcome`."""

    def __init__(self, function: str, outcome: int) -> None:
        self._function, self._outcome = function, outcome
        self.called: list[str] = []

    def __getattr__(self, name: str) -> object:
        def call(*arguments: object) -> int:
            self.called.append(name)
            if name == self._function:
                return ctypes.c_long(self._outcome - (1 << 32)).value  # as a signed number
            if name == "SCardListReaders":
                *_, names, length = arguments
                ctypes.cast(
                    cast("ctypes.c_void_p", length), ctypes.POINTER(ctypes.c_ulong)
                ).contents.value = 8
                if names is not None:
                    assert isinstance(names, ctypes.Array)
                    names.raw = b"Reader\x00\x00"
            return 0

        return call


def use() -> None:
    with pcsc.PcscCard("Reader") as card:
        card.reset()
        card.transmit(bytes(4))


@pytest.mark.parametrize(("outcome", "code"), ANSWERS.items())
@pytest.mark.parametrize(
    "function",
    ["SCardEstablishContext", "SCardConnect", "SCardBeginTransaction", "SCardTransmit", "SCardReconnect"],
)
def test_every_failure_has_its_name_and_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch, function: str, outcome: int, code: str
) -> None:
    library = Library(function, outcome)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    with pytest.raises(HonninError) as failed:
        use()
    assert failed.value.code == code
    opened, closed = ("SCardConnect" in library.called, "SCardDisconnect" in library.called)
    assert closed is (opened and function != "SCardConnect")
    assert ("SCardReleaseContext" in library.called) is (function != "SCardEstablishContext")


def test_no_reader_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library("SCardListReaders", 0x8010002E))
    with pytest.raises(Unavailable) as failed:
        pcsc.PcscCard("Reader")
    assert (failed.value.code, failed.value.context) == ("E_PCSC_READER_NOT_FOUND", {"readers": "–"})


def test_a_machine_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> object:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    with pytest.raises(Unavailable, match="E_PCSC_UNAVAILABLE"):
        pcsc.PcscCard("Reader")


def test_after_closing_the_card_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library("", 0))
    with pcsc.PcscCard("Reader") as card:
        pass
    with pytest.raises(HonninError, match="E_CARD_REMOVED"):
        card.transmit(bytes(4))
    card.close()
