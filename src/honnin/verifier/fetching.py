"""HTTP fetches for a relying party, with limits of size and time.

A time-out of the socket begins anew with every octet, so a server that sends one now and then would be waited
for without end. Here a watch cuts the connection when the time is over that was given for all of it, and to
which each octet of the body adds what an honest line needs.
"""

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

from honnin.errors import Unavailable
from honnin.translation import Sentence, reason_of

_UNAVAILABLE = "E_STATUS_UNAVAILABLE"
IN_TIME = Sentence("no whole answer came in time")
BROKEN_OFF = Sentence("the connection ended before the answer did")
_LATER = {408, 429, 500, 502, 503, 504}  # HTTP: what may be another answer in a while
_SLOWEST = 64 * 1024  # octets a second (our choice)
_PIECE = 64 * 1024


def fetch(asked: urllib.request.Request, *, timeout: float, longest: int) -> bytes:
    """The body of the answer, at most `longest` octets, within `timeout` seconds and what its length needs.

    Raises Unavailable: E_STATUS_UNAVAILABLE, or E_STATUS_ADDRESS when something else answers there.
    """
    with _Watch(timeout) as watch:
        try:
            content = _read(asked, watch, timeout=timeout, longest=longest)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _LATER:
                raise _unavailable(asked, f"HTTP {error.code}") from error
            raise Unavailable("E_STATUS_ADDRESS", answer=f"HTTP {error.code}") from error
        except (OSError, http.client.IncompleteRead) as error:  # URLError and time-outs are OSErrors
            raise _unavailable(asked, IN_TIME if watch.has_cut else _why(error)) from error
        except http.client.HTTPException as error:
            if watch.has_cut:
                raise _unavailable(asked, IN_TIME) from error
            raise Unavailable("E_STATUS_ADDRESS", answer="≠ HTTP") from error
    if watch.has_cut:
        raise _unavailable(asked, IN_TIME)
    if len(content) > longest:
        raise _unavailable(asked, Sentence("what it sends is longer than {longest} octets", longest=longest))
    return content


def _unavailable(asked: urllib.request.Request, reason: str) -> Unavailable:
    return Unavailable(_UNAVAILABLE, address=asked.full_url, reason=reason)


def _why(error: Exception) -> str:
    """Why there is no answer, in our own words: texts of libraries are not translated."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, socket.gaierror):
        return Sentence("nobody knows a machine of this name")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Sentence("its TLS certificate cannot be accepted")
    if isinstance(cause, TimeoutError):
        return IN_TIME
    return reason_of(cause) if isinstance(cause, OSError) and cause.strerror else BROKEN_OFF


def _read(asked: urllib.request.Request, watch: "_Watch", *, timeout: float, longest: int) -> bytes:
    content = bytearray()
    with _opener(watch).open(asked, timeout=timeout) as response:
        while len(content) <= longest and (piece := response.read1(_PIECE)):
            content += piece
            watch.extend(len(content) / _SLOWEST)
    return bytes(content)


def _opener(watch: "_Watch") -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, through the environment's proxy; nothing else, whatever a redirection names."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _HTTP(watch),
        _HTTPS(watch),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _HTTP(urllib.request.HTTPHandler):
    def __init__(self, watch: "_Watch") -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._watch.watching(http.client.HTTPConnection), req)


class _HTTPS(urllib.request.HTTPSHandler):
    def __init__(self, watch: "_Watch") -> None:
        super().__init__()
        self._watch = watch

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._watch.watching(http.client.HTTPSConnection), req)


class _Watch:
    """Cuts the connections of one fetch when its time is over."""

    def __init__(self, seconds: float) -> None:
        self._until = self._first = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self.has_cut = False

    def extend(self, seconds: float) -> None:
        """So much more than at first."""
        self._until = self._first + seconds

    def watching(self, kind: type[http.client.HTTPConnection]) -> Callable[..., Any]:
        """Makes connections of a kind that can be cut."""
        return partial(_connection, kind, self)

    def connect(self, *arguments: Any, **options: Any) -> socket.socket:
        made = socket.create_connection(*arguments, **options)
        self._sockets.append(made.dup())  # TLS will take the descriptor away from `made`
        if self.has_cut:
            self._cut()
        return made

    def _wait(self) -> None:
        while not self._done.wait(max(0.0, self._until - time.monotonic())):
            if time.monotonic() >= self._until:
                self.has_cut = True
                self._cut()
                return

    def _cut(self) -> None:
        for each in list(self._sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                continue

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        for each in self._sockets:
            each.close()


def _connection(
    kind: type[http.client.HTTPConnection], watch: _Watch, *arguments: Any, **options: Any
) -> Any:
    made = kind(*arguments, **options)
    made._create_connection = watch.connect  # type: ignore[attr-defined] # before TLS, whose handshake may last
    return made
