"""The agency's end of the lines, as an ASGI application: one path, one method, JSON in and JSON out.

Every answer of the agency has status 200, errors too: they are answers to the peer. Other statuses say that
no request arrived at it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from honnin.errors import HonninError, Malformed, NotAllowed, Unavailable
from honnin.files import size
from honnin.wire.codec import LONGEST_MESSAGE
from honnin.wire.envelope import write_error
from honnin.wire.https import CONTENT_TYPE, PATH
from honnin.wire.line import Party

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
CERTIFICATE: Final = "honnin.certificate"
"""Where a connection's client certificate (DER) stands in the scope."""
BODY_TIMEOUT: Final = 20.0
"""Seconds for all of a request's body (our choice)."""

log = logging.getLogger(__name__)


class LineApplication:
    """Answers requests that arrive with the certificate of a peer."""

    def __init__(
        self,
        party_of: Callable[[bytes], Party],
        answer: Callable[[Party, bytes], bytes],
        *,
        threads: int = 8,
        timeout: float = BODY_TIMEOUT,
    ) -> None:
        """`answer` works in one of `threads` threads of its own."""
        self._party_of, self._answer, self._timeout = party_of, answer, timeout
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="line")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status = _status(scope)
        if status != 200:
            await _respond(send, status, write_error("", Malformed("E_MESSAGE_MALFORMED", message="request")))
            return
        try:
            content = await asyncio.wait_for(_body(receive), self._timeout)
        except Malformed as error:
            await _respond(send, 413, write_error("", error))
        except TimeoutError:
            await _respond(send, 408, write_error("", Unavailable("E_LINE_CUT")))
        except ConnectionError:  # it was cut: nobody is there to be answered
            return
        else:
            loop = asyncio.get_running_loop()
            certificate = scope.get(CERTIFICATE)
            answer = await loop.run_in_executor(self._threads, self._answered, certificate, content)
            await _respond(send, 200, answer)

    def _answered(self, certificate: bytes | None, content: bytes) -> bytes:
        try:
            if certificate is None:
                raise NotAllowed("E_PEER_UNKNOWN")
            return self._answer(self._party_of(certificate), content)
        except HonninError as error:
            return write_error("", error)
        except Exception:
            log.exception("a request failed")
            return write_error("", Unavailable("E_REQUEST_FAILED"))


def _status(scope: Scope) -> int:
    kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
    if scope["path"] != PATH:
        return 404
    if scope["method"] != "POST":
        return 405
    return 200 if kind == CONTENT_TYPE.encode() else 415


async def _body(receive: Receive) -> bytes:
    """Raises Malformed E_MESSAGE_TOO_LARGE as soon as it is, ConnectionError when it does not come whole."""
    parts, length, more = [], 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError
        parts.append(event.get("body", b""))
        length += len(parts[-1])
        more = event.get("more_body", False)
        if length > LONGEST_MESSAGE:
            raise Malformed("E_MESSAGE_TOO_LARGE", limit=size(LONGEST_MESSAGE))
    return b"".join(parts)


async def _respond(send: Send, status: int, content: bytes) -> None:
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status != 200:
        headers.append((b"connection", b"close"))  # what is left of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
