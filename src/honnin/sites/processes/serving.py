"""Server processes on loopback: started, asked whether they answer, and ended with everything they started.

Each is a granian process of its own with a worker. Neither outlives the other, nor whoever started them
(`sites.processes.children`). Who keeps one running: `sites.processes.supervision`.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from honnin.errors import Unavailable
from honnin.sites.processes.children import Child, End, prepare

TIMEOUT = 20.0
THREADS = 8
OPTIONS = [
    # Only HTTP/1: a server that waits to hear which version is spoken waits without end.
    *("--http", "1", "--no-ws", "--http1-header-read-timeout", "10000"),
    # All headers of a request together, and what of its body is read ahead.
    *("--http1-buffer-size", "16384"),
    # A worker that gets the signal before it listens is killed.
    *("--workers-kill-timeout", "10", "--log-level", "error"),
]
# How many connections are open at once; an event loop waits for many more of them than threads do.
_CAPACITY = {
    "wsgi": ["--blocking-threads", str(THREADS), "--backpressure", "128"],
    "asgi": ["--backpressure", "8192"],
}
_prepare = prepare


class Server:
    """One application (`wsgi` or `asgi`) at one port; in a `with` block it runs and is stopped after it."""

    def __init__(
        self,
        application: str,
        port: int,
        *,
        interface: Literal["asgi", "wsgi"] = "wsgi",
        asked: str = "/",
        hear: Callable[[str], object] | None = None,
    ) -> None:
        """`asked` is a path that costs little to answer; `hear` gets what the server writes to stderr."""
        self.port = port
        self._application = application
        self._interface = interface
        self._asked = asked
        self.hear = hear or (lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
        self._child: Child | None = None

    @property
    def _process(self) -> subprocess.Popen[bytes] | None:
        """For tests, which measure it."""
        return self._child.process if self._child is not None else None

    def launch(self) -> None:
        """Start it and wait for nothing. It lives as long as the thread that calls this, at most."""
        arguments = ["--interface", self._interface, "--host", "127.0.0.1", "--port", str(self.port)]
        arguments += OPTIONS + _CAPACITY[self._interface]
        command = [sys.executable, "-P", "-m", "honnin.sites.processes.granian_process", str(os.getpid())]
        self._child = Child([*command, *arguments, self._application], self.hear)

    def start(self) -> None:
        """Start and wait until the port answers. Raises Unavailable E_SERVER_NOT_STARTED."""
        self.launch()
        deadline = time.monotonic() + TIMEOUT
        while not self.answers(1.0):
            end = self.ended()
            if end is not None or time.monotonic() > deadline:
                reason = end.last_words if end else "-"
                raise Unavailable("E_SERVER_NOT_STARTED", port=self.port, reason=reason)
            time.sleep(0.05)

    @property
    def beat_at(self) -> float:
        """When its worker last gave a sign of life (`.heartbeat`), by time.monotonic; 0 for never."""
        return self._child.beat_at if self._child is not None else 0.0

    def answers(self, timeout: float) -> bool:
        """Whether it answers a request within so many seconds, whatever it says."""
        request = f"GET {self._asked} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
                connection.settimeout(timeout)
                connection.sendall(request.encode("ascii"))
                return connection.recv(5) == b"HTTP/"
        except OSError:
            return False

    def ended(self) -> End | None:
        """How it ended by itself, if it did; nothing of it is left then."""
        if self._child is None or not self._child.has_ended():
            return None
        return self.stop()

    def ask_to_stop(self) -> None:
        """Tell it to take no more requests and to end when those under way are answered."""
        if self._child is not None:
            self._child.ask_to_end()

    def stop(self, timeout: float = TIMEOUT) -> End | None:
        """Ask the process to end and wait for it; end it where it does not listen. How it ended."""
        if self._child is None:
            return None
        self._child.ask_to_end()
        end = self._child.end(timeout)
        self._child = None
        return end

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def require_free_port(port: int, timeout: float = 0.0) -> None:
    """Raises Unavailable E_PORT_IN_USE when somebody listens there still after so many seconds, at once
    E_PORT_FORBIDDEN when this user may not listen there (below 1024, as a rule).
    """
    deadline = time.monotonic() + timeout
    while not is_free(port):
        if time.monotonic() >= deadline:
            raise Unavailable("E_PORT_IN_USE", port=port)
        time.sleep(0.05)


def is_free(port: int) -> bool:
    """Whether nobody listens there now. Raises Unavailable E_PORT_FORBIDDEN where this user may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Unavailable("E_PORT_FORBIDDEN", port=port) from error
        except OSError:
            return False
    return True
