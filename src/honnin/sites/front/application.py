"""The HTTP front of the screens: an ASGI application that reads each request whole, within limits, and then
hands it to Django in one of a few threads.

So whoever sends half a request, or reads an answer slowly, holds no thread. A body may have 64 KiB; more only
at an address that takes copies, and from somebody who has signed in, which is found out before any of it is
read. What is refused unread is answered at once, and the connection is closed after it.

What comes before the body is the server's: it gives up headers that are too long or too slow
(`sites.processes.serving.OPTIONS`). More connections than files can be open are for a proxy to keep away.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, TypeVar

from honnin.errors import HonninError, Malformed
from honnin.sites.front.gateway import Application, Environ, Reply, Scope, called, environ_of, headers_of
from honnin.sites.front.request_body import (
    SLOWEST,
    TIMEOUT,
    Disconnected,
    Memory,
    Receive,
    declared_length,
    read_body,
    too_large,
)

Send = Callable[[dict[str, Any]], Awaitable[None]]
_Result = TypeVar("_Result")
logger = logging.getLogger(__name__)

LONGEST_BODY = 64 * 1024
# Our choices: all bodies of strangers together, and all uploads.
MEMORY = 32 * 1024 * 1024
MEMORY_FOR_UPLOADS = 96 * 1024 * 1024
_SCARCE = 16 * LONGEST_BODY  # when so little is left, who has signed in need not wait for strangers
_PIECE = 64 * 1024
# A client that still sends is listened to, else its system would throw the answer away; but nothing is kept.
_LINGER, _LINGER_SILENCE, _LINGER_OCTETS = 10.0, 0.5, 32 * 1024 * 1024
_RETRY_AFTER = b"10"
LONGEST_STANDSTILL = 120.0  # seconds in which no thread has ended anything although something is under way


class Admission(Protocol):
    """Decides who may send large bodies, and makes the page for those who may not."""

    def may_upload(self, environ: Environ) -> bool:
        """Asked in a thread, before anything is read. Raises Unavailable where a database fails."""
        ...

    def has_signed_in(self, environ: Environ) -> bool:
        """The same, asked for a small body when strangers have taken the memory."""
        ...

    def refusal(self, environ: Environ, error: HonninError, status: int) -> Reply:
        """The page that says why nothing was read. Asked in the event loop: it asks nobody."""
        ...


@dataclass(frozen=True)
class _Request:
    scope: Scope
    headers: dict[str, str]

    def environ(self, body: BytesIO | None = None) -> Environ:
        return environ_of(self.scope, self.headers, BytesIO() if body is None else body)


class Front:
    """The screens as an ASGI application."""

    def __init__(
        self,
        application: Application,
        admission: Admission,
        threads: Executor,
        *,
        longest_upload: int,
        timeout: float = TIMEOUT,
    ) -> None:
        """`application` is called in `threads`; an upload has at most `longest_upload` octets; `timeout` in
        seconds, for a body and for an answer.
        """
        self._application = application
        self._admission = admission
        self._threads = threads
        self._longest_upload = longest_upload
        self._timeout = timeout
        self._memory = Memory(MEMORY)
        self._uploads = Memory(MEMORY_FOR_UPLOADS)
        self._under_way = 0
        self._last_end = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._served(_Request(scope, headers_of(scope)), receive, send)

    async def _served(self, request: _Request, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(request, receive)
        except Disconnected:
            # Gone, or its chunks cannot be read: the server does not say which. Who is still there is told.
            await self._refused(request, Malformed("E_REQUEST_FRAMING"), _nothing_more, send)
            return
        except HonninError as error:
            logger.warning("request refused unread: %s", error.code)
            await self._refused(request, error, receive, send)
            return
        await self._sent(reply, send, with_body=request.scope["method"] != "HEAD")

    async def _reply(self, request: _Request, receive: Receive) -> Reply:
        length = declared_length(request.headers)
        if length == 0:
            return await self._answer(request, BytesIO())
        upload = length is None or length > LONGEST_BODY
        if upload:
            upload = await self._in_thread(self._admission.may_upload, request.environ())
        longest = self._longest_upload if upload else LONGEST_BODY
        if length is not None and length > longest:
            raise too_large(longest)
        known = upload or await self._precedes_strangers(request)
        # Who has signed in has room for all of it now, so that it does not fail half-way.
        memory, room = (self._uploads, length or longest) if known else (self._memory, 0)
        with memory.share(room) as share:
            body = await read_body(receive, share, longest=longest, timeout=self._timeout)
            return await self._answer(request, body)

    async def _precedes_strangers(self, request: _Request) -> bool:
        if self._memory.left >= _SCARCE:
            return False
        return await self._in_thread(self._admission.has_signed_in, request.environ())

    async def _answer(self, request: _Request, body: BytesIO) -> Reply:
        return await self._in_thread(called, self._application, request.environ(body))

    def is_progressing(self) -> bool:
        """Whether the threads get on with what is under way, however much of it waits. Asked in the loop."""
        return not self._under_way or time.monotonic() - self._last_end < LONGEST_STANDSTILL

    async def _in_thread(self, act: Callable[..., _Result], *arguments: object) -> _Result:
        if not self._under_way:
            self._last_end = time.monotonic()
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, act, *arguments)
        finally:
            self._under_way -= 1
            self._last_end = time.monotonic()

    async def _refused(self, request: _Request, error: HonninError, receive: Receive, send: Send) -> None:
        status = _status(error)
        reply = self._admission.refusal(request.environ(), error, status)
        headers = [*reply.headers, (b"connection", b"close")]
        if status == 503:
            headers.append((b"retry-after", _RETRY_AFTER))
        # Without a length the answer lasts until we say so: as long as the client is still sending.
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        if "expect" not in request.headers and status != 408:
            await _drain(receive)
        await send({"type": "http.response.body", "body": b""})

    async def _sent(self, reply: Reply, send: Send, *, with_body: bool) -> None:
        headers = reply.headers
        if not any(name == b"content-length" for name, _ in headers) and reply.status not in (204, 304):
            headers = [*headers, (b"content-length", b"%d" % len(reply.body))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        with suppress(TimeoutError):  # who reads too slowly gets no more, and sees that it is not whole
            async with asyncio.timeout_at(began + self._timeout) as deadline:
                for piece in _pieces(reply.body if with_body else b""):
                    sent += len(piece)
                    more = with_body and sent < len(reply.body)
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
                    deadline.reschedule(began + self._timeout + sent / SLOWEST)


def _status(error: HonninError) -> int:
    if error.code == "E_BODY_TOO_LARGE":
        return 413
    if error.code == "E_BODY_TOO_SLOW":
        return 408
    return 400 if error.kind == "malformed" else 503


def _pieces(body: bytes) -> Iterator[bytes]:
    if len(body) <= _PIECE:
        yield body
        return
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


async def _drain(receive: Receive) -> None:
    """Read and drop what the client still sends, for a while."""
    octets, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while more and octets < _LINGER_OCTETS:
                async with asyncio.timeout(_LINGER_SILENCE):
                    event = await receive()
                octets += len(event.get("body", b""))
                more = event.get("more_body", False)


async def _nothing_more() -> dict[str, Any]:
    return {"type": "http.disconnect"}


async def _lifespan(receive: Receive, send: Send) -> None:
    """The server's word that it starts and that it stops; nothing is to be done at either."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
