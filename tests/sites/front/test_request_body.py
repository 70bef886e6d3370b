"""Length, time and memory of a body, called directly: what would take a real client too long."""

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from honnin.errors import HonninError, Malformed, Unavailable
from honnin.sites.front import application as front
from honnin.sites.front.application import Front
from honnin.sites.front.gateway import Environ, Reply
from honnin.sites.front.request_body import Disconnected, Memory, declared_length, read_body

Event = dict[str, Any]


def part(body: bytes, *, more: bool = True) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def arriving(events: Iterable[Event], *, every: float = 0) -> Callable[[], Awaitable[Event]]:
    """Events that come one after another, and then nothing more."""
    waiting = iter(events)

    async def receive() -> Event:
        await asyncio.sleep(every)
        for event in waiting:
            return event
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def read(events: Iterable[Event], *, every: float = 0, longest: int = 100, memory: int = 1000) -> bytes:
    async def run() -> bytes:
        with Memory(memory).share() as share:
            body = await read_body(arriving(events, every=every), share, longest=longest, timeout=0.2)
            return body.read()

    return asyncio.run(run())


def test_a_body_in_pieces_is_read_from_its_beginning() -> None:
    assert read([part(b"ab"), part(b""), part(b"c", more=False)]) == b"abc"
    assert read([part(bytes(100), more=False)]) == bytes(100)


@pytest.mark.parametrize("events", [[part(bytes(101), more=False)], itertools.repeat(part(b"0" * 10))])
def test_a_body_that_is_too_long_is_left_where_it_becomes_so(events: Iterable[Event]) -> None:
    with pytest.raises(Malformed, match="E_BODY_TOO_LARGE"):
        read(events)


@pytest.mark.parametrize(
    "events", [[], [part(b"a")], itertools.repeat(part(b"a")), itertools.repeat(part(b""))]
)
def test_each_piece_in_time_does_not_make_a_body_be_in_time(events: Iterable[Event]) -> None:
    with pytest.raises(Unavailable, match="E_BODY_TOO_SLOW"):
        read(events, every=0.03)


def test_a_long_body_at_an_honest_pace_has_the_time_it_needs() -> None:
    piece = bytes(4096)  # every 30 ms: four times the slowest pace
    events = [*[part(piece)] * 20, part(b"", more=False)]
    assert len(read(events, every=0.03, longest=100_000, memory=100_000)) == 20 * 4096


def test_who_leaves_is_not_answered() -> None:
    with pytest.raises(Disconnected):
        read([part(b"a"), {"type": "http.disconnect"}])


def test_memory_is_shared_and_given_back() -> None:
    memory = Memory(100)
    with memory.share(60) as first:
        first.grow(50)  # has it already
        with memory.share() as second:
            second.grow(40)
            for share in (first, second):
                with pytest.raises(Unavailable, match="E_BODIES_TOO_MANY"):
                    share.grow(61)
        with pytest.raises(Unavailable, match="E_BODIES_TOO_MANY"), memory.share(41):
            pass
        first.grow(100)
    with memory.share(100):
        pass


def test_a_body_that_finds_no_memory_is_not_kept() -> None:
    with pytest.raises(Unavailable, match="E_BODIES_TOO_MANY"):
        read([part(bytes(60))], memory=50)


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, 0),
        ({"content-length": "0"}, 0),
        ({"content-length": "007"}, 7),
        ({"transfer-encoding": "chunked"}, None),
        ({"transfer-encoding": " Chunked "}, None),
    ],
)
def test_how_long_a_body_says_it_is(headers: dict[str, str], length: int | None) -> None:
    assert declared_length(headers) == length


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "1", "transfer-encoding": "chunked"},
        {"transfer-encoding": "gzip, chunked"},
        {"transfer-encoding": ""},
        {"transfer-encoding": "chunked,chunked"},
        *({"content-length": length} for length in ("", "-1", "+1", "1,1", "1 1", "0x1", "１", "1" * 20)),
    ],
)
def test_a_body_whose_end_is_in_doubt(headers: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="E_REQUEST_FRAMING"):
        declared_length(headers)


# — The front, with an application of a few lines behind it —————————————————————————————————————————————


class Strict:
    """Nobody may upload; refusals are bare."""

    def may_upload(self, environ: Environ) -> bool:
        return False

    def has_signed_in(self, environ: Environ) -> bool:
        return False

    def refusal(self, environ: Environ, error: HonninError, status: int) -> Reply:
        return Reply(status, [(b"content-length", b"0")], error.code.encode())


def echo(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    assert int(environ["CONTENT_LENGTH"]) == len(body)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d " % len(body), environ["PATH_INFO"].encode("latin-1")]


def large(_environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [bytes(1_000_000)]


def a_scope(path: str, method: str = "GET", headers: Iterable[tuple[bytes, bytes]] = ()) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode("ascii"),
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "headers": list(headers),
    }


def asked(
    application: Callable[..., Any],
    *events: Event,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    method: str = "POST",
    reads: Callable[[], Awaitable[None]] | None = None,
) -> list[Event]:
    """What is sent to a client that sends these events."""
    scope = a_scope("/%e5%b8%82/%ff", method, headers)
    told: list[Event] = []

    async def send(event: Event) -> None:
        told.append(event)
        if reads:
            await reads()

    async def run() -> None:
        with ThreadPoolExecutor(1) as threads:
            screens = Front(application, Strict(), threads, longest_upload=1_000_000, timeout=0.2)
            await screens(scope, arriving(events), send)

    asyncio.run(run())
    return told


def test_the_front_gets_on_while_any_thread_does_and_not_while_all_stand_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "LONGEST_STANDSTILL", 0.3)
    free = threading.Event()

    def slow(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        free.wait(5) if environ["PATH_INFO"] == "/stuck" else time.sleep(0.1)
        return echo(environ, start_response)

    async def send(event: Event) -> None:
        pass

    async def run() -> None:
        with ThreadPoolExecutor(1) as threads:
            screens = Front(slow, Strict(), threads, longest_upload=10)
            assert screens.is_progressing()
            waiting = [asyncio.create_task(screens(a_scope("/"), arriving([]), send)) for _ in range(6)]
            while not all(task.done() for task in waiting):  # for longer than a standstill
                assert screens.is_progressing()
                await asyncio.sleep(0.02)
            stuck = asyncio.create_task(screens(a_scope("/stuck"), arriving([]), send))
            await asyncio.sleep(0.5)
            assert not screens.is_progressing()
            free.set()
            await stuck
            assert screens.is_progressing()

    asyncio.run(run())


CHUNKED = ((b"transfer-encoding", b"chunked"),)


def test_what_arrived_whole_comes_to_the_application_with_its_length() -> None:
    start, body = asked(echo, part(b"ab"), part(b"c", more=False), headers=CHUNKED)
    assert start["status"] == 200
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert body["body"] == "3 /市/".encode() + b"\xff"


def test_too_slow_is_408_and_the_connection_ends() -> None:
    start, *parts = asked(echo, part(b"a"), headers=((b"content-length", b"2"),))
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert b"".join(one["body"] for one in parts) == b"E_BODY_TOO_SLOW"
    assert not parts[-1].get("more_body")


def test_a_client_who_still_sends_is_listened_to_before_the_end() -> None:
    events = [part(bytes(1000))] * 50
    start, first, last = asked(echo, *events, part(b"", more=False), headers=((b"content-length", b"99999"),))
    assert (start["status"], first["body"], last["body"]) == (413, b"E_BODY_TOO_LARGE", b"")
    assert first["more_body"]


def test_a_head_has_the_length_and_no_body() -> None:
    start, body = asked(large, method="HEAD")
    assert (b"content-length", b"1000000") in start["headers"]
    assert body == {"type": "http.response.body", "body": b"", "more_body": False}


def test_a_large_answer_goes_in_pieces_and_not_to_who_does_not_read() -> None:
    _, *parts = asked(large, method="GET")
    assert b"".join(one["body"] for one in parts) == bytes(1_000_000)
    assert max(len(one["body"]) for one in parts) <= 64 * 1024
    reading = iter([0.0, 0.0, 0.0, 30.0])

    async def slowly() -> None:
        await asyncio.sleep(next(reading))

    given_up = asked(large, method="GET", reads=slowly)
    assert len(given_up) == 4
    assert given_up[-1]["more_body"]


def test_a_request_without_a_body_is_not_waited_for() -> None:
    assert asked(echo)[1]["body"].startswith(b"0 ")
