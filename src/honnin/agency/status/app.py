"""The status service over HTTP, as a bare ASGI application: OCSP by POST and GET, lists and CA certificates.

No framework stands between the socket and the answer. A body that is slow to arrive is awaited and holds no
thread, and after a deadline it is given up, as is a look-up in a database that must be waited for; one that
is too long is not read. A list goes out in pieces, each when the one before has been taken, so that a client
who reads slowly costs no more memory than a few pieces. What comes before the body is the server's: it must
give up connections that say nothing (`sites.processes.serving.OPTIONS`). More connections than files can be
open are for a proxy to keep away.
"""

import asyncio
import errno
import os
import re
import stat
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from honnin.agency.status.overview import POLICY as OVERVIEW_POLICY
from honnin.agency.status.overview import overview
from honnin.agency.status.responder import MALFORMED, TRY_LATER, Answer, StatusResponder
from honnin.errors import Language, language_of
from honnin.pkix.ocsp import LONGEST_REQUEST

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_Asked = TypeVar("_Asked", bytes, str)
# Our choice: so many seconds for a request to arrive, and as many for a look-up that must be waited for.
TIMEOUT = 5.0
# A list goes out in pieces of so many octets, after some seconds at this pace at least, in octets a second.
_PIECE = 16 * 1024
_SLOWEST = 32 * 1024
_TIMEOUT_WITH_READERS = 10.0
_CLOSE = ("connection", "close")
_SAFE = (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"))
_SLASHES = re.compile(r"\A/+")  # an address that ends in a slash, joined to a path that begins with one
_MEDIA_TYPES = {".crl": "application/pkix-crl", ".cer": "application/pkix-cert"}


class Disconnected(Exception):
    """The client went away before its request was whole; there is nobody to answer."""


class StatusApplication:
    """`/ocsp` answers requests; `/crl/NAME.crl` and `/ca/NAME.cer` hand out what was published; `/` lists
    it.
    """

    def __init__(
        self,
        responder: StatusResponder,
        publication: Path,
        *,
        threads: Executor | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """`threads` where looking a status up may have to wait; else it is done in the event loop."""
        self._responder = responder
        self._publication = publication
        self._threads = threads
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            path, method = _SLASHES.sub("/", scope["path"]), scope["method"]
            if method == "POST" and path.rstrip("/") == "/ocsp":
                await self._posted(scope, receive, send)
            elif method in ("GET", "HEAD") and path.startswith("/ocsp/"):
                send = send if method == "GET" else _without_body(send)
                await self._answered(send, self._responder.answer_path, path.removeprefix("/ocsp/"))
            elif method in ("GET", "HEAD") and path == "/":
                await self._overview(scope, send, with_body=method == "GET")
            elif method in ("GET", "HEAD"):
                await self._published(path, send, with_body=method == "GET")
            else:
                await _plain(send, 405, "POST /ocsp, GET /ocsp/…, GET /crl/…, GET /ca/…")

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _declares_too_much(scope):
            await _ocsp(send, MALFORMED, _CLOSE)
            return
        try:
            async with asyncio.timeout(self._timeout):
                request = await _body(receive)
        except TimeoutError:
            await _plain(send, 408, "The request did not arrive in time.", _CLOSE)
        except Disconnected:
            return
        else:
            await self._answered(send, self._responder.answer, request)

    async def _answered(self, send: Send, answer: Callable[[_Asked], Answer], asked: _Asked) -> None:
        if self._threads is None:
            # In the loop: a look-up and a signature take less time than a change of threads is worth.
            await _ocsp(send, answer(asked))
            return
        try:
            async with asyncio.timeout(self._timeout):
                loop = asyncio.get_running_loop()
                found = await loop.run_in_executor(self._threads, answer, asked)
        except TimeoutError:  # whoever had not got a thread by now needs none any more
            found = TRY_LATER
        await _ocsp(send, found)

    async def _overview(self, scope: Scope, send: Send, *, with_body: bool) -> None:
        """The page for people that lists what there is."""
        try:
            page = await asyncio.to_thread(overview, self._publication, _language(scope))
        except OSError:
            await _plain(send, 503, "Try again later.")
            return
        more = (("vary", "accept-language"), ("content-security-policy", OVERVIEW_POLICY), *_SAFE)
        await _begin(send, 200, "text/html; charset=utf-8", len(page), *more)
        await send({"type": "http.response.body", "body": page if with_body else b""})

    async def _published(self, path: str, send: Send, *, with_body: bool) -> None:
        folder, _, name = path.lstrip("/").partition("/")
        name = name.lstrip("/")
        media_type = _MEDIA_TYPES.get(Path(name).suffix)
        if folder not in ("crl", "ca") or "/" in name or media_type is None:
            await _missing(send)
            return
        try:
            file = await asyncio.to_thread(_opened, self._publication / name)
        except (
            FileNotFoundError,
            NotADirectoryError,
            ValueError,
        ):  # ValueError: a name that no file can have
            await _missing(send)
        except OSError as error:
            # Too long a name is nothing of ours; anything else passes: too many open files, a failing disk.
            await (
                _missing(send) if error.errno == errno.ENAMETOOLONG else _plain(send, 503, "Try again later.")
            )
        else:
            with file:
                await _handed_out(send, media_type, file, with_body=with_body)


def _opened(path: Path) -> BinaryIO:
    """Raises FileNotFoundError for what is no file."""
    file = path.open("rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(path)
    return file


async def _handed_out(send: Send, media_type: str, file: BinaryIO, *, with_body: bool) -> None:
    """A file, piece by piece; a client who does not take them is left with what it has."""
    length = os.fstat(file.fileno()).st_size
    await _begin(send, 200, media_type, length)
    left = length if with_body else 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    with suppress(TimeoutError):
        async with asyncio.timeout_at(began + _TIMEOUT_WITH_READERS) as deadline:
            while True:
                piece = await asyncio.to_thread(file.read, min(left, _PIECE)) if left else b""
                left -= len(piece)
                if left and not piece:  # it was cut off behind our back: the client sees that it is not whole
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
                if not left:
                    return
                deadline.reschedule(began + _TIMEOUT_WITH_READERS + (length - left) / _SLOWEST)


async def _live(receive: Receive, send: Send) -> None:
    """The server's word that it starts and that it stops; nothing is to be done at either."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _language(scope: Scope) -> Language:
    """What was chosen on the page, else what the browser prefers of the two."""
    asked = scope.get("query_string", b"").decode("ascii", "replace")
    if asked in ("language=ja", "language=en"):
        return language_of(asked.removeprefix("language="))
    for name, value in scope.get("headers", ()):
        if name == b"accept-language":
            wanted = [each.strip()[:2].lower() for each in value.decode("ascii", "replace").split(",")]
            return next((language_of(each) for each in wanted if each in ("ja", "en")), "ja")
    return "ja"


def _declares_too_much(scope: Scope) -> bool:
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return not value.isdigit() or int(value) > LONGEST_REQUEST
    return False


async def _body(receive: Receive) -> bytes:
    """The request's body, in however many pieces; too much of it reads as empty, hence malformed."""
    content, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Disconnected
        content += event.get("body", b"")
        if len(content) > LONGEST_REQUEST:
            return b""
        more = event.get("more_body", False)
    return content


async def _ocsp(send: Send, answer: Answer, *more: tuple[str, str]) -> None:
    keep = "no-store"
    if answer.max_age:
        keep = f"max-age={answer.max_age}, public, no-transform, must-revalidate"
    await _respond(send, 200, "application/ocsp-response", answer.body, ("cache-control", keep), *more)


def _without_body(send: Send) -> Send:
    async def sent(event: dict[str, Any]) -> None:
        await send(event | {"body": b""} if event["type"] == "http.response.body" else event)

    return sent


async def _missing(send: Send) -> None:
    await _plain(send, 404, "There is no such list or certificate.")


async def _plain(send: Send, status: int, text: str, *more: tuple[str, str]) -> None:
    await _respond(send, status, "text/plain; charset=utf-8", (text + "\n").encode("utf-8"), *more)


async def _respond(send: Send, status: int, media_type: str, body: bytes, *more: tuple[str, str]) -> None:
    await _begin(send, status, media_type, len(body), *more)
    await send({"type": "http.response.body", "body": body})


async def _begin(send: Send, status: int, media_type: str, length: int, *more: tuple[str, str]) -> None:
    headers = [("content-type", media_type), ("content-length", str(length)), *more]
    encoded = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
