"""Reads the body of a request within limits for its length, for the time it takes, and for the memory of all
bodies under way together.

Knows no framework. Who may send how much is for the caller to say.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from honnin.errors import Malformed, Unavailable
from honnin.files import size

Receive = Callable[[], Awaitable[dict[str, Any]]]

# Our choices. A body has ten seconds, and one more for every 32 KiB of it that has arrived: a copy comes
# through a line of 256 kbit/s, and 64 KiB are there after twelve seconds or never.
TIMEOUT = 10.0  # seconds
SLOWEST = 32 * 1024  # octets a second


class Disconnected(Exception):
    """The client went away before its request was whole; there is nobody to answer."""


class Memory:
    """So many octets and no more, shared by all bodies of one kind. For one event loop, not for threads."""

    def __init__(self, octets: int) -> None:
        self.left = octets

    @contextmanager
    def share(self, octets: int = 0) -> Iterator["Share"]:
        """A part for one body, given back at the end of the block: `octets` now, more as the body comes.

        Raises Unavailable E_BODIES_TOO_MANY, as `Share.grow` does, when there is no room.
        """
        share = Share(self)
        try:
            share.grow(octets)
            yield share
        finally:
            self.left += share.taken

    def _take(self, octets: int) -> None:
        if octets > self.left:
            raise Unavailable("E_BODIES_TOO_MANY")
        self.left -= octets


class Share:
    """What one body has taken."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.taken = 0

    def grow(self, octets: int) -> None:
        """Have at least so many octets. Raises Unavailable E_BODIES_TOO_MANY."""
        if octets > self.taken:
            self._memory._take(octets - self.taken)
            self.taken = octets


def declared_length(headers: Mapping[str, str]) -> int | None:
    """How long the body says it is, or None for one that comes in chunks until it ends.

    Raises Malformed E_REQUEST_FRAMING where no two readers would agree where it ends (RFC 9112, 6.3).
    """
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        if length is not None or coding.strip().lower() != "chunked":
            raise Malformed("E_REQUEST_FRAMING")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise Malformed("E_REQUEST_FRAMING")
    return int(length)


async def read_body(receive: Receive, share: Share, *, longest: int, timeout: float = TIMEOUT) -> BytesIO:
    """The whole body, to be read from its beginning.

    Raises Malformed E_BODY_TOO_LARGE, Unavailable E_BODY_TOO_SLOW, E_BODIES_TOO_MANY, and Disconnected.
    """
    body, began, more = BytesIO(), asyncio.get_running_loop().time(), True
    try:
        async with asyncio.timeout_at(began + timeout) as deadline:
            while more:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise Disconnected
                piece = event.get("body", b"")
                length = body.tell() + len(piece)
                if length > longest:
                    raise too_large(longest)
                share.grow(length)
                body.write(piece)
                deadline.reschedule(began + timeout + length / SLOWEST)
                more = event.get("more_body", False)
    except TimeoutError as error:
        raise Unavailable("E_BODY_TOO_SLOW") from error
    body.seek(0)
    return body


def too_large(longest: int) -> Malformed:
    """The refusal of a body that is longer, saying what would have been taken."""
    return Malformed("E_BODY_TOO_LARGE", limit=size(longest))
