"""A heartbeat that needs neither the port nor a thread, so that a busy server is not taken for a dead one.

A worker says once a second on stderr that its event loop runs and that its work gets on; `processes.Child`
hears it. Whoever would ask over the network instead stands in one queue with everybody who floods the port.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from honnin.sites.processes.children import BEAT, WITH_BEATS

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
BETWEEN_BEATS = 1.0  # seconds


class Beating:
    """An ASGI application that gives signs of life while it runs, where its server's keeper hears them."""

    def __init__(self, application: Application, is_progressing: Callable[[], bool] = lambda: True) -> None:
        """`is_progressing`: whether work under way goes on; while it does not, there is no heartbeat."""
        self._application = application
        self._is_progressing = is_progressing
        self._beats: asyncio.Task[None] | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan" and os.environ.get(WITH_BEATS):
            self._beats = asyncio.get_running_loop().create_task(self._beat())
        return self._application(scope, receive, send)

    async def _beat(self) -> None:
        while True:
            if self._is_progressing():
                print(BEAT, file=sys.stderr, flush=True)  # noqa: T201
            await asyncio.sleep(BETWEEN_BEATS)
