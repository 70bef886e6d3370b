"""The virtual reader's protocol, spoken by a reader of our own; tests/conformance asks the real one."""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from honnin.card.chip.card import Card
from honnin.card.chip.state import FILE_MAX, CardState
from honnin.card.transport import vpcd
from honnin.card.transport.vpcd import SILENCE_TIMEOUT, listen, serve
from honnin.errors import Unavailable
from tests.support.card.desk import SELECT_JPKI, octets
from tests.support.card.faults import FaultyStore

DEADLINE = 10.0


@dataclass
class Reader:
    """The reader's end: a connection from the card, and the card's thread."""

    connection: socket.socket
    stop: threading.Event
    outcome: "Future[None]"

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.connection.sendall(part)

    def message(self, body: bytes) -> None:
        self.send(len(body).to_bytes(2, "big"), body)  # in two parts, as vpcd does

    def receive(self) -> bytes:
        head = self._exactly(2)
        return self._exactly(int.from_bytes(head, "big"))

    def ask(self, command: str) -> str:
        self.message(octets(command))
        return self.receive().hex().upper()

    def _exactly(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            part = self.connection.recv(size - len(received))
            assert part, "the card closed the connection"
            received += part
        return received


@contextmanager
def inserted(card: Card) -> Iterator[Reader]:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        port = listener.getsockname()[1]
        outcome = pool.submit(serve, card, "127.0.0.1", port, stop)
        connection, _ = listener.accept()
        connection.settimeout(DEADLINE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection:
                yield Reader(connection, stop, outcome)
        finally:
            stop.set()


def test_the_reader_asks_and_the_card_answers(card: Card) -> None:
    with inserted(card) as reader:
        reader.message(b"\x04")
        assert reader.receive() == card.atr
        assert reader.ask(SELECT_JPKI) == "9000"
        assert reader.ask("00A4020C 02 0018") == "9000"
        assert reader.ask("00200080 04 31323334") == "9000"


@pytest.mark.parametrize("power", [b"\x00", b"\x01", b"\x02"], ids=["off", "on", "reset"])
def test_power_and_reset_forget_and_are_not_answered(card: Card, power: bytes) -> None:
    with inserted(card) as reader:
        assert reader.ask(SELECT_JPKI) == "9000"
        reader.message(power)
        assert reader.ask("00A4020C 02 0018") == "6A82"  # the next answer is to the next command


def test_messages_may_come_in_pieces_and_together(card: Card) -> None:
    with inserted(card) as reader:
        command = octets(SELECT_JPKI)
        stream = len(command).to_bytes(2, "big") + command
        for byte in stream:
            reader.send(bytes((byte,)))
        assert reader.receive() == b"\x90\x00"
        reader.send(stream + stream)
        assert [reader.receive(), reader.receive()] == [b"\x90\x00"] * 2


def test_a_slow_reader_is_waited_for(card: Card) -> None:
    with inserted(card) as reader:
        command = octets(SELECT_JPKI)
        reader.send(len(command).to_bytes(2, "big"), command[:7])
        time.sleep(0.25)  # longer than the card's own patience
        reader.send(command[7:])
        assert reader.receive() == b"\x90\x00"


def test_a_reader_that_takes_no_answers_for_a_while_gets_all_of_them(issued_state: CardState) -> None:
    """More than sockets hold, for longer than the card waits between two looks."""
    jpki = issued_state.applications["jpki"]
    files = {**jpki.files, 0x0005: bytes(FILE_MAX)}
    state = issued_state.with_application("jpki", replace(jpki, files=files))
    read, times = octets("00B08500 000000"), 400
    with inserted(Card(state, FaultyStore(state))) as reader:
        assert reader.ask(SELECT_JPKI) == "9000"
        reader.send((len(read).to_bytes(2, "big") + read) * times)
        time.sleep(0.5)
        for _ in range(times):
            assert len(reader.receive()) == FILE_MAX + 2


def test_bytes_that_are_no_command_are_answered(card: Card) -> None:
    with inserted(card) as reader:
        for nonsense in (b"", b"\x07", b"\x00\xa4"):
            reader.message(nonsense)
            assert reader.receive() == b"\x67\x00"


def test_a_card_that_nobody_asks_any_more_sleeps(card: Card) -> None:
    with inserted(card) as reader:
        assert reader.ask(SELECT_JPKI) == "9000"
        began = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - began < 0.1


def test_on_a_single_core_the_card_leaves_it_to_the_reader(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks the system for what came only when that says that something did."""
    slept = []

    class Asleep:
        def __init__(self) -> None:
            self._poll = select.poll()
            self.register = self._poll.register

        def poll(self, timeout: float) -> list[tuple[int, int]]:
            slept.append(timeout)
            return self._poll.poll(timeout)

    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0})
    monkeypatch.setattr(vpcd, "select", SimpleNamespace(poll=Asleep, POLLIN=select.POLLIN))
    with inserted(card) as reader:
        for count in range(1, 6):
            assert reader.ask(SELECT_JPKI) == "9000"
            assert len(slept) >= count


def test_stopping_pulls_the_card_out_cleanly(card: Card) -> None:
    with inserted(card) as reader:
        assert reader.ask(SELECT_JPKI) == "9000"
        reader.stop.set()
        assert reader.connection.recv(1) == b""
        assert reader.outcome.result(DEADLINE) is None
    assert card.transmit(octets("00A4020C 02 0018")) == b"\x6a\x82"  # without power it forgot


def test_a_stop_inside_a_message_is_a_stop(card: Card) -> None:
    with inserted(card) as reader:
        reader.send(b"\x00\x05\x00")
        reader.stop.set()
        assert reader.outcome.result(DEADLINE) is None


def test_a_reader_that_goes_away_is_named(card: Card) -> None:
    with inserted(card) as reader:
        reader.connection.close()
        with pytest.raises(Unavailable) as error:
            reader.outcome.result(DEADLINE)
    assert error.value.code == "E_READER_LOST"


def test_what_fails_in_the_card_is_not_put_down_to_the_reader(card: Card) -> None:
    """Where a conversation is written down, for example, and the disk is full."""

    class Failing(Card):
        def transmit(self, command: bytes) -> bytes:
            raise OSError("no room")

    with inserted(Failing(card.state, lambda state: None)) as reader:
        reader.message(octets(SELECT_JPKI))
        with pytest.raises(OSError, match="no room"):
            reader.outcome.result(DEADLINE)


def test_no_reader_at_the_address_is_named(card: Card) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable) as error:
        serve(card, "127.0.0.1", port)
    assert error.value.code == "E_READER_NOT_FOUND"
    assert error.value.context == {"host": "127.0.0.1", "port": port}


def test_two_parts_of_a_message_do_not_wait_for_each_other(card: Card) -> None:
    """Without quick acknowledgement a reader that sends in two parts waits 40 ms for each command."""
    commands = 50
    with inserted(card) as reader:
        reader.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        began = time.perf_counter()
        for _ in range(commands):
            assert reader.ask(SELECT_JPKI) == "9000"
        assert time.perf_counter() - began < commands * 0.02


@contextmanager
def waiting(card: Card) -> Iterator[tuple[int, threading.Event, "Future[None]"]]:
    """A card that waits for a reader that dials; its port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(listen, card, "127.0.0.1", port, stop)
        try:
            yield port, stop, outcome
        finally:
            stop.set()


def dial(port: int, stop: threading.Event, outcome: "Future[None]") -> Reader:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            return Reader(socket.create_connection(("127.0.0.1", port), DEADLINE), stop, outcome)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_reader_that_dials_finds_the_card_again_and_again(card: Card) -> None:
    with waiting(card) as (port, stop, outcome):
        for _ in range(3):
            reader = dial(port, stop, outcome)
            with reader.connection:
                assert reader.ask("00A4020C 02 0018") == "6A82"  # it has just got power
                assert reader.ask(SELECT_JPKI) == "9000"
                assert reader.ask("00A4020C 02 0018") == "9000"
        stop.set()
        assert outcome.result(DEADLINE) is None


def test_stopping_a_waiting_card_hangs_up(card: Card) -> None:
    with waiting(card) as (port, stop, outcome):
        reader = dial(port, stop, outcome)
        with reader.connection:
            assert reader.ask(SELECT_JPKI) == "9000"
            stop.set()
            assert reader.connection.recv(1) == b""
        assert outcome.result(DEADLINE) is None


def test_an_address_that_is_taken_is_named(card: Card) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable) as error:
            listen(card, "127.0.0.1", port)
    assert error.value.code == "E_READER_ADDRESS_TAKEN"
    assert error.value.context == {"host": "127.0.0.1", "port": port}


def test_a_card_that_waits_behind_another_says_so_and_then_that_it_is_in(card: Card) -> None:
    noticed: list[bool] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        # vpcd takes one card at a time: who dials meanwhile is connected, and is asked nothing.
        outcome = pool.submit(
            serve, card, "127.0.0.1", listener.getsockname()[1], stop, notify=noticed.append
        )
        try:
            deadline = time.monotonic() + SILENCE_TIMEOUT + DEADLINE
            while not noticed and time.monotonic() < deadline:
                time.sleep(0.05)
            assert noticed == [False]
            connection, _ = listener.accept()
            connection.settimeout(DEADLINE)
            with connection:
                reader = Reader(connection, stop, outcome)
                for _ in range(2):
                    reader.message(b"\x04")
                    assert reader.receive() == card.atr
                assert noticed == [False, True]
        finally:
            stop.set()


def test_of_a_reader_that_asks_at_once_nothing_is_said(card: Card) -> None:
    noticed: list[bool] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(
            serve, card, "127.0.0.1", listener.getsockname()[1], stop, notify=noticed.append
        )
        connection, _ = listener.accept()
        connection.settimeout(DEADLINE)
        try:
            with connection:
                reader = Reader(connection, stop, outcome)
                reader.message(b"\x04")
                assert reader.receive() == card.atr
                time.sleep(SILENCE_TIMEOUT + 0.5)
                assert noticed == []
        finally:
            stop.set()
