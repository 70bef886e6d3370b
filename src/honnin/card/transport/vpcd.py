"""A card in a virtual PC/SC reader: the protocol of vsmartcard's vpcd driver, over TCP.

Each message is two bytes of length and a body. A body of one byte is power off (0), power on (1), reset
(2) or a question for the ATR (4), which alone is answered; any other body is a command APDU. Any program
that speaks PC/SC then sees the card. The address should be the machine's own: nothing is encrypted, and
nobody is asked who they are.

Usually the card dials the reader (`serve`). A driver whose DEVICENAME names a host dials the card, which
then waits for it (`listen`).
"""

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from honnin.card.transport import PoweredTransport
from honnin.errors import Unavailable

HOST: Final = "127.0.0.1"
PORT: Final = 35963
_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
_POLL_INTERVAL: Final = 0.1  # seconds between two looks at `stop`
_SEND_TIMEOUT: Final = 10.0  # for a reader that is slow to take an answer
_CONNECT_TIMEOUT: Final = 5.0
SILENCE_TIMEOUT: Final = 3.0  # seconds; a reader that has taken a card asks for its ATR several times in one
_BUSY_WAIT: Final = 0.0002  # seconds; what OpenSC and pcscd need between an answer and the next command
_CHUNK: Final = 65536


def serve(
    card: PoweredTransport,
    host: str = HOST,
    port: int = PORT,
    stop: threading.Event | None = None,
    *,
    notify: Callable[[bool], None] | None = None,
) -> None:
    """Dial the reader and answer until `stop` is set; then pull the card out.

    A reader with another card in it lets this one wait, connected and unasked: `notify` is called with False
    when nothing was asked for a while, and then with True when the reader asks after all.

    Raises Unavailable E_READER_NOT_FOUND when nobody listens at the address, E_READER_LOST when the reader
    goes away while the card is in.
    """
    stop = stop or threading.Event()
    try:
        reader = socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT)
    except (OSError, UnicodeError) as error:  # the latter for what can be no host's name
        raise Unavailable("E_READER_NOT_FOUND", host=host, port=port) from error
    with reader:
        try:
            _answer(card, _Messages(reader, stop, notify))
        except _ReaderGoneError as error:
            raise Unavailable("E_READER_LOST", host=host, port=port) from error
        finally:
            card.reset()


def listen(
    card: PoweredTransport, host: str = HOST, port: int = PORT, stop: threading.Event | None = None
) -> None:
    """Wait for a reader that dials, and answer it; when it goes away, wait for the next. Until `stop` is set.

    Raises Unavailable E_READER_ADDRESS_TAKEN when the address cannot be listened on.
    """
    stop = stop or threading.Event()
    try:
        listener = socket.create_server((host, port), backlog=1)
    except (OSError, UnicodeError) as error:
        raise Unavailable("E_READER_ADDRESS_TAKEN", host=host, port=port) from error
    with listener:
        listener.settimeout(_POLL_INTERVAL)
        while not stop.is_set():
            with suppress(TimeoutError):
                reader, _address = listener.accept()
                with reader, suppress(_ReaderGoneError):  # the next one may come
                    _answer(card, _Messages(reader, stop))
                card.reset()


def _answer(card: PoweredTransport, messages: "_Messages") -> None:
    card.reset()  # it was put in: whatever was before is forgotten
    while (message := messages.receive()) is not None:
        if message in (_POWER_OFF, _POWER_ON, _RESET):
            card.reset()
        elif message == _GET_ATR:
            messages.send(card.atr)
        else:
            messages.send(card.transmit(message))


class _ReaderGoneError(Exception):
    """The reader closed the connection, or it broke. No OSError, for a card may have failures of its own."""


@contextmanager
def _reader_failing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _ReaderGoneError from error


class _Messages:
    """Length-prefixed messages over the socket, until `stop` is set."""

    def __init__(
        self, reader: socket.socket, stop: threading.Event, notify: Callable[[bool], None] | None = None
    ) -> None:
        with _reader_failing():
            reader.settimeout(_SEND_TIMEOUT)
            reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = reader
        self._readable = select.poll()
        self._readable.register(reader, select.POLLIN)
        self._stop = stop
        self._buffer = b""
        # A login is some hundred commands, each as soon as the answer before it came. To wait for the
        # next one asleep costs more than to answer it, unless this thread is in the way of who would send it.
        self._may_busy_wait = len(os.sched_getaffinity(0)) > 1
        self._busy_wait_until = 0.0
        self._notify = notify  # until the reader was heard
        self._silence_ends_at: float | None = time.monotonic() + SILENCE_TIMEOUT

    def receive(self) -> bytes | None:
        """The next message, or None when `stop` is set. Raises _ReaderGoneError."""
        while (message := self._whole()) is None:
            if self._stop.is_set():
                return None
            self._fill()
        return message

    def send(self, body: bytes) -> None:
        """Raises _ReaderGoneError."""
        with _reader_failing():
            self._reader.sendall(len(body).to_bytes(2, "big") + body)
        self._prolong_busy_wait()

    def _whole(self) -> bytes | None:
        """The first message, if all of it is there."""
        end = 2 + int.from_bytes(self._buffer[:2], "big")
        if len(self._buffer) < end:
            return None
        message, self._buffer = self._buffer[2:end], self._buffer[end:]
        return message

    def _fill(self) -> None:
        received = self._received()
        if received is None:
            self._notice_silence()
            return
        if self._notify is not None:
            if self._silence_ends_at is None:
                self._notify(True)
            self._notify = None
        self._buffer += received

    def _received(self) -> bytes | None:
        """What came, or None when nothing did for a while. Raises _ReaderGoneError."""
        with _reader_failing():
            # vpcd sends length and body apart; a delayed acknowledgement would cost 40 ms a command. The
            # option does not last, so it is set before each look.
            self._reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            received = self._received_in_busy_wait()
            if received is None:
                if not self._readable.poll(_POLL_INTERVAL * 1000):
                    return None
                received = self._reader.recv(_CHUNK)
        if not received:
            raise _ReaderGoneError
        self._prolong_busy_wait()
        return received

    def _received_in_busy_wait(self) -> bytes | None:
        """What comes before this thread goes to sleep. Raises OSError."""
        while time.perf_counter() < self._busy_wait_until:
            with suppress(BlockingIOError):
                return os.read(self._reader.fileno(), _CHUNK)  # `recv` waits as long as `send` may
        return None

    def _prolong_busy_wait(self) -> None:
        if self._may_busy_wait:
            self._busy_wait_until = time.perf_counter() + _BUSY_WAIT

    def _notice_silence(self) -> None:
        if self._notify is None or self._silence_ends_at is None or time.monotonic() < self._silence_ends_at:
            return
        self._silence_ends_at = None
        self._notify(False)
