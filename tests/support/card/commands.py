"""The `card` commands, run, and a reader that is none."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from tests.support.processes import plain_environment

SELECT_JPKI = "00A4040C 0A D392F000260100000001"


SELECT_PIN = "00A4020C 02 0018"


def start(folder: Path, *words: object, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "honnin", "card", *map(str, words)],
        env=plain_environment(folder / "home") | {"PYTHONUNBUFFERED": "1"} | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(card: Path, *words: object, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    process = start(card.parent, *words, **settings)
    out, err = process.communicate(typed, timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def tries_left(card: Path, slot: KeySlot = KeySlot.AUTHENTICATION) -> int:
    with CardFile.open(card) as file:
        return file.card.state.slots[slot].pin.tries_left


class Vpcd:
    """The driver's end of one reader that cards dial."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(15)
        self.port = int(self._listener.getsockname()[1])
        self.connection: socket.socket | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def accept(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection, _ = self._listener.accept()
        self.connection.settimeout(15)

    def ask(self, command: str) -> str:
        return exchange(self.connection, bytes.fromhex(command))

    @property
    def is_empty(self) -> bool:
        """Waits for the card to hang up."""
        assert self.connection is not None
        return self.connection.recv(1) == b""

    def close(self) -> None:
        self._listener.close()
        if self.connection is not None:
            self.connection.close()


def exchange(connection: socket.socket | None, body: bytes) -> str:
    assert connection is not None
    connection.sendall(len(body).to_bytes(2, "big") + body)
    with connection.makefile("rb", buffering=0) as file:
        head = file.read(2)
        return file.read(int.from_bytes(head, "big")).hex().upper()


@contextmanager
def running(folder: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    process = start(folder, *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
