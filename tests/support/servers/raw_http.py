"""HTTP by hand over a socket: for requests that no honest client sends; and what a server keeps of them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Line:
    """One connection to a server on this machine."""

    def __init__(self, port: int, *, timeout: float = 20, window: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if window is not None:  # what the system takes in for us before anybody reads it
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.connect(("127.0.0.1", port))

    def say(self, text: bytes) -> None:
        self.socket.sendall(text)

    def pour(self, text: bytes) -> None:
        """Send this, or as much of it as the server lets us."""
        with suppress(OSError):
            self.socket.sendall(text)

    def heard(self, until: bytes = b"") -> bytes:
        """All that comes until the server closes, or until these octets have come."""
        said = b""
        while not until or until not in said:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            said += piece
        return said

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def lines(port: int, count: int, **options: int) -> Iterator[list[Line]]:
    """So many connections at once."""
    opened: list[Line] = []
    try:
        for _ in range(count):
            opened.append(Line(port, **options))
        yield opened
    finally:
        for line in opened:
            line.close()


def head(method: str, path: str, *headers: str) -> bytes:
    """Request line and headers."""
    said = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(said).encode()


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


def resident_octets(process: int) -> int:
    """What a process and its children have in memory now."""
    return sum(_status(one, "VmRSS") for one in _family(process))


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(member for child in children for member in _family(int(child)))]


def _status(process: int, field: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0
