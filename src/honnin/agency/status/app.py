"""The status service over HTTP, as a bare ASGI application: OCSP by POST and GET, lists and CA certificates.

No framework stands between the socket and the answer. A body that is slow to arrive is awaited and holds no
thread, and after a deadline it is given up; so is a look-up in a database that must be waited for. What comes
before the body is the server's: it must give up connections that say nothing (`sites.serving.OPTIONS`). More
connections than files can be open, and clients who read their answer slowly, are for a proxy to keep away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar

from honnin.agency.status.responder import TRY_LATER, Answer, StatusResponder

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_Asked = TypeVar("_Asked", bytes, str)
LONGEST_REQUEST = 4096
# Our choice: so many seconds for a request to arrive, and as many for a look-up that must be waited for.
PATIENCE = 5.0
_MEDIA_TYPES = {".crl": "application/pkix-crl", ".cer": "application/pkix-cert"}


class Disconnected(Exception):
    """The client went away before its request was whole; there is nobody to answer."""


class StatusApplication:
    """`/ocsp` answers requests; `/crl/NAME.crl` and `/ca/NAME.cer` hand out what was published."""

    def __init__(
        self,
        responder: StatusResponder,
        publication: Path,
        *,
        threads: Executor | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`threads` where looking a status up may have to wait; else it is done in the event loop."""
        self._responder = responder
        self._publication = publication
        self._threads = threads
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            if method == "POST" and path in ("/ocsp", "/ocsp/"):
                await self._posted(receive, send)
            elif method == "GET" and path.startswith("/ocsp/"):
                await self._answered(send, self._responder.answer_path, path.removeprefix("/ocsp/"))
            elif method in ("GET", "HEAD"):
                await self._published(path, send)
            else:
                await _plain(send, 405, "POST /ocsp, GET /ocsp/…, GET /crl/…, GET /ca/…")

    async def _posted(self, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._patience):
                request = await _body(receive)
        except TimeoutError:
            await _plain(send, 408, "The request did not arrive in time.")
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
            async with asyncio.timeout(self._patience):
                loop = asyncio.get_running_loop()
                found = await loop.run_in_executor(self._threads, answer, asked)
        except TimeoutError:  # whoever had not got a thread by now needs none any more
            found = TRY_LATER
        await _ocsp(send, found)

    async def _published(self, path: str, send: Send) -> None:
        folder, _, name = path.lstrip("/").partition("/")
        media_type = _MEDIA_TYPES.get(Path(name).suffix)
        if folder not in ("crl", "ca") or "/" in name or media_type is None:
            await _missing(send)
            return
        try:
            content = await asyncio.to_thread((self._publication / name).read_bytes)
        except (OSError, ValueError):  # not there, or a name that no file can have
            await _missing(send)
            return
        await _respond(send, 200, media_type, content)


async def _live(receive: Receive, send: Send) -> None:
    """The server's word that it starts and that it stops; nothing is to be done at either."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


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


async def _ocsp(send: Send, answer: Answer) -> None:
    keep = "no-store"
    if answer.max_age:
        keep = f"max-age={answer.max_age}, public, no-transform, must-revalidate"
    await _respond(send, 200, "application/ocsp-response", answer.body, ("cache-control", keep))


async def _missing(send: Send) -> None:
    await _plain(send, 404, "There is no such list or certificate.")


async def _plain(send: Send, status: int, text: str) -> None:
    await _respond(send, status, "text/plain; charset=utf-8", (text + "\n").encode("utf-8"))


async def _respond(send: Send, status: int, media_type: str, body: bytes, *more: tuple[str, str]) -> None:
    headers = [("content-type", media_type), ("content-length", str(len(body))), *more]
    encoded = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
