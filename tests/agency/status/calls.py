"""Requests as an ASGI server makes them, and a responder that waits."""

import asyncio
import base64
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

from honnin.agency.status.app import StatusApplication
from honnin.agency.status.responder import Answer, StatusResponder

Reply = tuple[int, dict[str, str], bytes]
Event = dict[str, Any]
GONE: Event = {"type": "http.disconnect"}


def call(application: StatusApplication, method: str, path: str, body: bytes = b"", query: str = "") -> Reply:
    """One request as an ASGI server makes it."""
    reply = exchange(application, method, path, [part(body)], query)
    assert reply is not None
    return reply


def part(body: bytes, *, more: bool = False) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def exchange(
    application: StatusApplication,
    method: str,
    path: str,
    events: list[Event],
    query: str = "",
) -> Reply | None:
    """A request that arrives in these events and then stays silent; None when nothing was answered."""
    told: list[Event] = []

    async def run() -> None:
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode("ascii")}
        await application(scope, heard(events), told_to(told))

    asyncio.run(run())
    if not told:
        return None
    start, content = told
    assert (start["type"], content["type"]) == ("http.response.start", "http.response.body")
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, content["body"]


def heard(events: list[Event]) -> Callable[[], Awaitable[Event]]:
    waiting = list(events)

    async def receive() -> Event:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


def told_to(told: list[Event]) -> Callable[[Event], Awaitable[None]]:
    async def send(event: Event) -> None:
        told.append(event)

    return send


def get_path(request: bytes) -> str:
    """The path as a server hands it over: decoded."""
    return "/ocsp/" + urllib.parse.unquote(
        urllib.parse.quote(base64.b64encode(request).decode("ascii"), safe="")
    )


class Waiting(StatusResponder):
    """A responder whose records somebody holds."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked = 0

    def answer(self, request: bytes | str) -> Answer:
        self.asked += 1
        assert self.released.wait(20)
        return Answer(b"found")

    def answer_path(self, path: str) -> Answer:
        return self.answer(path)
