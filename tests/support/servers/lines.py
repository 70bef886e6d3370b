"""The agency's end of a line over HTTPS on loopback, in a thread of the test."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from honnin.clock import Clock, SystemClock
from honnin.identifiers import MunicipalityCode
from honnin.sites.lines.served import agency_answer
from honnin.wire.https.app import LineApplication
from honnin.wire.https.client import HttpsLines
from honnin.wire.https.server import line_server
from honnin.wire.line import Party, plug, plugged
from honnin.wire.peers import Peers

Answer = Callable[[Party, bytes], bytes]


class Served:
    """Where it answers, and how it ends."""

    def __init__(self, peers: Peers, answer: Answer, timeout: float = 20.0) -> None:
        certificate, key = peers.agency
        application = LineApplication(peers.party, answer, timeout=timeout)
        self._server = line_server(
            application, 0, certificate=certificate, key=key, authority=peers.authority, host="127.0.0.1"
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert self._thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    @property
    def port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@contextmanager
def served(peers: Peers, answer: Answer, timeout: float = 20.0) -> Iterator[Served]:
    running = Served(peers, answer, timeout)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def agency_over_https(folder: Path, clock: Clock, *codes: str) -> Iterator[None]:
    """From here on these municipalities speak to the agency over HTTPS."""
    now, peers, before = SystemClock().now(), Peers(folder), plugged("agency")
    peers.init(now)
    with served(peers, agency_answer(clock)) as end:
        parties = [Party("municipality", MunicipalityCode(code)) for code in codes]
        plug("agency", HttpsLines(peers.invite(party, end.address, now) for party in parties))
        yield
    plug("agency", before)


class Cut:
    """Relays connections to a port, and cuts the first after so many octets in one direction."""

    def __init__(self, port: int, *, request: int | None = None, answer: int | None = None) -> None:
        self._port, self._left = port, {"request": request, "answer": answer}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.passed = {"request": 0, "answer": 0}
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self.connections += 1
                for source, target, way in ((near, far, "request"), (far, near, "answer")):
                    limit = self._left[way] if self.connections == 1 else None
                    threading.Thread(
                        target=self._relay, args=(source, target, way, limit), daemon=True
                    ).start()

    def _relay(self, source: socket.socket, target: socket.socket, way: str, limit: int | None) -> None:
        left = limit
        with suppress(OSError):
            while part := source.recv(65536):
                taken = part if left is None else part[:left]
                target.sendall(taken)
                self.passed[way] += len(taken)
                if left is not None:
                    left -= len(taken)
                    if not left:
                        break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
