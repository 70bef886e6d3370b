"""Server processes on loopback: started, watched, restarted, and ended by their id.

Each is a granian process of its own. When the process that started them dies without a word, the kernel
ends them too (Linux).
"""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from types import TracebackType
from typing import Literal, Self

from honnin.errors import Unavailable

PATIENCE = 20.0
THREADS = 8
OPTIONS = [
    # Only HTTP/1: a server that waits to hear which version is spoken waits without end.
    *("--http", "1", "--no-ws", "--http1-header-read-timeout", "10000"),
    # All headers of a request together, and what of its body is read ahead.
    *("--http1-buffer-size", "16384"),
    # A worker that was told to end before it could listen is ended.
    *("--workers-kill-timeout", "10", "--log-level", "error"),
]
# How many connections are open at once; an event loop waits for many more of them than threads do.
_CAPACITY = {
    "wsgi": ["--blocking-threads", str(THREADS), "--backpressure", "128"],
    "asgi": ["--backpressure", "8192"],
}
_PR_SET_PDEATHSIG = 1


class Server:
    """One application (`wsgi` or `asgi`) at one port; in a `with` block it runs and is stopped after it."""

    def __init__(self, application: str, port: int, *, interface: Literal["asgi", "wsgi"] = "wsgi") -> None:
        self._application = application
        self._port = port
        self._interface = interface
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until the port answers. Raises Unavailable E_SERVER_NOT_STARTED."""
        arguments = ["--interface", self._interface, "--host", "127.0.0.1", "--port", str(self._port)]
        arguments += OPTIONS + _CAPACITY[self._interface]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            [sys.executable, "-m", "granian", *arguments, self._application],
            # A Ctrl-C at the terminal reaches the whole group; the servers are told by us, in order.
            start_new_session=True,
            preexec_fn=partial(_prepare, os.getpid()),
        )
        self._wait_until_it_answers()

    def require_running(self) -> None:
        """Raises Unavailable E_SERVER_NOT_STARTED when the process has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise Unavailable("E_SERVER_NOT_STARTED", port=self._port)

    def restart(self) -> None:
        """Stop and start again, so that keys and certificates are read anew."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Ask the process to end and wait for it; end it where it does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

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

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            self.require_running()
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Unavailable("E_SERVER_NOT_STARTED", port=self._port) from error
                time.sleep(0.05)


def _prepare(parent: int) -> None:
    """In the new process: as many open files as we may have, and no life without the parent."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the kernel knew of our wish
            os._exit(1)


def require_free_port(port: int) -> None:
    """Raises Unavailable E_PORT_IN_USE when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable("E_PORT_IN_USE", port=port) from error
