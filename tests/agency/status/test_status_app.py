"""The status service over HTTP: called directly as an ASGI application, and through the real server."""

import asyncio
import base64
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse
from honnin.agency.status import app
from honnin.agency.status.app import StatusApplication
from honnin.agency.status.responder import Answer, StatusResponder
from honnin.clock import JAPAN
from honnin.law.era import format_era_date
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix.ocsp import LONGEST_REQUEST
from honnin.simulator.onlooker import request_about
from honnin.sites.home import present_home
from honnin.sites.responder import make_application, make_responder
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.servers.raw_http import Line, head, lines, resident_octets
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")

Reply = tuple[int, dict[str, str], bytes]
Event = dict[str, Any]
GONE: Event = {"type": "http.disconnect"}


@pytest.fixture
def holder(town: Town) -> Holder:
    return town.with_certificates()


@pytest.fixture
def record(holder: Holder, town: Town) -> IssuanceRecord:
    return town.records(holder)[Purpose.USER_AUTHENTICATION]


@pytest.fixture
def application(holder: Holder, town: Town) -> StatusApplication:
    publish(town.clock)
    return make_application(present_home(), town.clock)


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


def test_post_and_get_answer_the_same(application: StatusApplication, record: IssuanceRecord) -> None:
    request = request_about(record)
    status, headers, body = call(application, "POST", "/ocsp", request)
    assert status == 200
    assert headers["content-type"] == "application/ocsp-response"
    assert int(headers["content-length"]) == len(body)
    assert told_by(read_answer(body)) == ("good", "", None)
    assert call(application, "GET", get_path(request)) == (status, headers, body)
    assert call(application, "POST", "/ocsp/", request)[2] == body
    assert call(application, "HEAD", get_path(request)) == (status, headers, b"")


def test_addresses_are_answered_however_clients_join_them(
    application: StatusApplication, record: IssuanceRecord
) -> None:
    request = request_about(record)
    body = call(application, "POST", "/ocsp", request)[2]
    last = get_path(request).removeprefix("/ocsp/")
    for path in (f"/ocsp//{last}", f"//ocsp/{last}", f"//ocsp//{last}", f"/ocsp/{last}/"):
        assert call(application, "GET", path)[2] == body
    for path in ("/ocsp//", "//ocsp"):
        assert call(application, "POST", path, request)[2] == body
    whole = call(application, "GET", "/crl/signature.crl")
    assert whole[0] == 200
    for path in ("//crl/signature.crl", "/crl//signature.crl"):
        assert call(application, "GET", path) == whole


def test_a_request_may_come_in_pieces(application: StatusApplication, record: IssuanceRecord) -> None:
    request = request_about(record)
    pieces = [part(request[:1], more=True), part(b"", more=True), part(request[1:], more=True), part(b"")]
    reply = exchange(application, "POST", "/ocsp", pieces)
    assert reply is not None
    assert told_by(read_answer(reply[2]))[0] == "good"


def test_it_follows_the_servers_life(application: StatusApplication) -> None:
    told: list[Event] = []
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def run() -> None:
        await application({"type": "lifespan"}, heard(events), told_to(told))

    asyncio.run(run())
    assert [event["type"] for event in told] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_request_that_does_not_arrive_in_time_is_given_up(
    application: StatusApplication, record: IssuanceRecord, town: Town
) -> None:
    hasty = StatusApplication(
        make_responder(present_home(), town.clock), settings.HONNIN_PUBLICATION, timeout=0.1
    )
    begun = [part(request_about(record)[:2], more=True)]
    for events in ([], begun):
        reply = exchange(hasty, "POST", "/ocsp", events)
        assert reply is not None
        assert (reply[0], reply[2]) == (408, b"The request did not arrive in time.\n")


def test_to_one_who_left_nothing_is_said(application: StatusApplication, record: IssuanceRecord) -> None:
    request = request_about(record)
    assert exchange(application, "POST", "/ocsp", [part(request, more=True), GONE]) is None
    assert exchange(application, "POST", "/ocsp", [GONE]) is None


def test_cache_headers(application: StatusApplication, holder: Holder, town: Town) -> None:
    record = town.records(holder)[Purpose.SIGNATURE]
    assert call(application, "POST", "/ocsp", request_about(record))[1]["cache-control"] == "no-store"
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now())
    cached = call(application, "POST", "/ocsp", request_about(record))[1]["cache-control"]
    assert cached == "max-age=900, public, no-transform, must-revalidate"
    with_nonce = call(application, "POST", "/ocsp", request_about(record, nonce=b"n" * 16))
    assert with_nonce[1]["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "pieces",
    [
        [part(b"")],
        [part(b"", more=True), part(b"")],
        [part(bytes(LONGEST_REQUEST))],
        [part(bytes(LONGEST_REQUEST + 1))],
        [part(bytes(LONGEST_REQUEST), more=True), part(b"\0", more=True)],  # and no more is waited for
    ],
    ids=["none", "none, in pieces", "zeros", "too long", "too long and endless"],
)
def test_a_body_that_is_no_request_or_too_long_is_malformed(
    application: StatusApplication, pieces: list[Event]
) -> None:
    reply = exchange(application, "POST", "/ocsp", pieces)
    assert reply is not None
    assert (reply[0], error_of(reply[2])) == (200, "MALFORMED_REQUEST")


@pytest.mark.parametrize("more", [0, 1])
def test_the_longest_request_is_read_to_its_end(town: Town, tmp_path: Path, more: int) -> None:
    heard_of: list[int] = []

    class Listener(StatusResponder):
        def __init__(self) -> None:
            """Of no records."""

        def answer(self, request: bytes) -> Answer:
            heard_of.append(len(request))
            return Answer(b"")

    call(StatusApplication(Listener(), tmp_path), "POST", "/ocsp", bytes(LONGEST_REQUEST + more))
    assert heard_of == [0 if more else LONGEST_REQUEST]


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


def test_a_look_up_that_waits_holds_up_nobody_and_is_given_up(tmp_path: Path) -> None:
    responder = Waiting()
    with ThreadPoolExecutor(1) as threads:
        application = StatusApplication(responder, tmp_path, threads=threads, timeout=0.3)
        asked = [("POST", "/ocsp"), ("GET", "/ocsp/x"), ("GET", "/crl/nothing.crl")]
        came: list[str] = []
        bodies: dict[str, bytes] = {}

        async def ask(method: str, path: str) -> None:
            told: list[Event] = []
            await application(
                {"type": "http", "method": method, "path": path}, heard([part(b"")]), told_to(told)
            )
            came.append(path)
            bodies[path] = told[1]["body"]

        async def run() -> None:
            await asyncio.gather(*(ask(*one) for one in asked))

        asyncio.run(run())
        assert came[0] == "/crl/nothing.crl"
        assert [error_of(bodies[path]) for path in ("/ocsp", "/ocsp/x")] == ["TRY_LATER", "TRY_LATER"]
        responder.released.set()
    assert responder.asked == 1  # the other had got no thread, and needed none any more
    with ThreadPoolExecutor(1) as threads:
        application = StatusApplication(responder, tmp_path, threads=threads)
        assert call(application, "POST", "/ocsp", b"x")[2] == b"found"


@pytest.mark.parametrize("path", ["/ocsp/", "/ocsp/x", "/ocsp/%", "/ocsp/あ", "/ocsp/" + "A" * 20000])
def test_a_path_that_is_no_request_is_malformed(application: StatusApplication, path: str) -> None:
    status, _, body = call(application, "GET", path)
    assert (status, error_of(body)) == (200, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    ("path", "name", "media_type"),
    [
        ("/crl/signature.crl", "signature.crl", "application/pkix-crl"),
        ("/crl/authentication.crl", "authentication.crl", "application/pkix-crl"),
        ("/ca/signature-ca.cer", "signature-ca.cer", "application/pkix-cert"),
    ],
)
def test_what_was_published_is_handed_out(
    application: StatusApplication, path: str, name: str, media_type: str
) -> None:
    status, headers, body = call(application, "GET", path)
    assert (status, headers["content-type"]) == (200, media_type)
    assert body == (settings.HONNIN_PUBLICATION / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/ocsp",
        "/crl/",
        "/crl/nothing.crl",
        "/crl/../keys/passphrase",
        "/crl/../agency.sqlite3",
        "/crl//etc/passwd.crl",
        "/crl/..%2fsignature.crl",
        "/crl/signature.crl.new",
        "/ca/signature-ca.pem",
        "/keys/journal.cer",
        "/crl/nul\0.crl",
        "/crl/" + "x" * 300 + ".crl",
    ],
)
def test_nothing_else_is(application: StatusApplication, path: str) -> None:
    status, _, body = call(application, "GET", path)
    assert (status, body) == (404, b"There is no such list or certificate.\n")


@pytest.mark.parametrize(("language", "words"), [("ja", "失効リスト"), ("en", "Revocation lists")])
def test_the_root_lists_what_there_is_with_fingerprints(
    application: StatusApplication, language: str, words: str
) -> None:
    (settings.HONNIN_PUBLICATION / "damaged.crl").write_bytes(b"0")
    (settings.HONNIN_PUBLICATION / "damaged.cer").write_bytes(b"no certificate")
    try:
        status, headers, body = call(application, "GET", "/", query=f"language={language}")
    finally:
        for name in ("damaged.crl", "damaged.cer"):
            (settings.HONNIN_PUBLICATION / name).unlink()
    page = body.decode("utf-8").replace("<wbr>", "")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'lang="{language}"' in page
    assert words in page
    assert "damaged" not in page
    linked = set(re.findall(r'href="(/(?:crl|ca)/[^"]+)"', page))
    published = {
        path.name for path in settings.HONNIN_PUBLICATION.iterdir() if path.suffix in (".crl", ".cer")
    }
    assert {link.rsplit("/", 1)[1] for link in linked} == published
    assert all(call(application, "GET", link)[0] == 200 for link in linked)
    for path in settings.HONNIN_PUBLICATION.glob("*.cer"):
        assert (
            x509.load_der_x509_certificate(path.read_bytes()).fingerprint(SHA256()).hex(":").upper() in page
        )
    for path in settings.HONNIN_PUBLICATION.glob("*.crl"):
        listed = x509.load_der_x509_crl(path.read_bytes()).next_update_utc
        assert listed is not None
        there = listed.astimezone(JAPAN)
        in_japanese = f"{format_era_date(there.date())} {there.hour}時{there.minute:02}分"
        assert {"ja": in_japanese, "en": f"{there:%Y-%m-%d %H:%M} JST"}[language] in page


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/ocsp"), ("DELETE", "/crl/signature.crl"), ("POST", "/x")]
)
def test_other_methods_are_not_allowed(application: StatusApplication, method: str, path: str) -> None:
    assert call(application, method, path)[0] == 405


@pytest.mark.parametrize("length", [str(LONGEST_REQUEST + 1), "25165824", "9" * 19])
def test_a_body_that_says_it_is_too_long_is_not_read(town: Town, tmp_path: Path, length: str) -> None:
    told: list[Event] = []

    async def receive() -> Event:
        pytest.fail("it was read")

    headers = [(b"host", b"x"), (b"content-length", length.encode())]
    scope = {"type": "http", "method": "POST", "path": "/ocsp", "headers": headers}
    asyncio.run(StatusApplication(Waiting(), tmp_path)(scope, receive, told_to(told)))
    assert (b"connection", b"close") in told[0]["headers"]
    assert error_of(told[1]["body"]) == "MALFORMED_REQUEST"


class Slow:
    """A client who takes what it is sent as late as it is told to."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = iter(seconds)
        self.told: list[Event] = []

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(next(self._seconds, 0))
        self.told.append(event)


def sent(publication: Path, client: Slow, method: str = "GET") -> bytes:
    scope = {"type": "http", "method": method, "path": "/crl/large.crl", "headers": []}
    asyncio.run(StatusApplication(Waiting(), publication)(scope, heard([part(b"")]), client))
    return b"".join(event.get("body", b"") for event in client.told)


def test_a_list_goes_out_in_pieces(tmp_path: Path) -> None:
    content = os.urandom(1_000_003)
    (tmp_path / "large.crl").write_bytes(content)
    client = Slow()
    assert sent(tmp_path, client) == content
    assert max(len(event.get("body", b"")) for event in client.told) <= 16 * 1024
    assert [event.get("more_body") for event in client.told[-2:]] == [True, False]
    head = Slow()
    assert sent(tmp_path, head, "HEAD") == b""
    assert head.told[0] == client.told[0]  # the same length and type


def test_a_list_that_is_replaced_meanwhile_goes_out_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "large.crl").write_bytes(bytes(100_000))

    class Publishing(Slow):
        async def __call__(self, event: Event) -> None:
            (tmp_path / "new").write_bytes(b"x" * 200_000)
            (tmp_path / "new").replace(tmp_path / "large.crl")
            await super().__call__(event)

    assert sent(tmp_path, Publishing()) == bytes(100_000)


def test_who_does_not_take_a_list_gets_no_more_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_TIMEOUT_WITH_READERS", 0.1)
    (tmp_path / "large.crl").write_bytes(bytes(10_000_000))
    client = Slow(0, 0, 0, 30)
    assert len(sent(tmp_path, client)) < 100_000
    assert client.told[-1]["more_body"]


def test_a_list_that_cannot_be_read_now_is_not_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "large.crl").symlink_to("large.crl")  # as a disk that fails, or too many open files
    assert call(StatusApplication(Waiting(), tmp_path), "GET", "/crl/large.crl")[0] == 503
    (tmp_path / "folder.crl").mkdir()
    assert call(StatusApplication(Waiting(), tmp_path), "GET", "/crl/folder.crl")[0] in (404, 503)


# — The real server ———————————————————————————————————————————————————————————————————————————————————


@pytest.fixture
def server(application: StatusApplication) -> Iterator[str]:
    """The status service in its own process, as an installation runs it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port),
        "--no-ws", "--log-level", "error", "honnin.sites.responder:application",
    ]  # fmt: skip
    environment = os.environ | {
        "HONNIN_HOME": str(settings.HOME.root),
        "PYTHONPATH": str(Path("src").resolve()),
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(process, port)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {process.communicate()[1].decode()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the server does not answer")


def fetch(url: str, body: bytes | None = None) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_through_the_real_server_a_hold_shows_with_the_next_request(
    server: str, record: IssuanceRecord, holder: Holder, town: Town
) -> None:
    request = request_about(record)
    encoded = urllib.parse.quote(base64.b64encode(request).decode("ascii"), safe="")
    for fetched in (fetch(f"{server}/ocsp", request), fetch(f"{server}/ocsp/{encoded}")):
        assert fetched[0] == 200
        assert told_by(read_answer(fetched[1]))[0] == "good"
    hold(holder.code, actor="hotline", at=town.clock.now())
    for fetched in (fetch(f"{server}/ocsp", request), fetch(f"{server}/ocsp/{encoded}")):
        assert told_by(read_answer(fetched[1]))[:2] == ("held", "certificateHold")
    nonce = read_answer(fetch(f"{server}/ocsp", request_about(record, nonce=b"n" * 32))[1])
    assert told_by(nonce)[0] == "held"
    assert error_of(fetch(f"{server}/ocsp", b"garbage")[1]) == "MALFORMED_REQUEST"
    listed = fetch(f"{server}/crl/authentication.crl")
    assert listed == (200, (settings.HONNIN_PUBLICATION / "authentication.crl").read_bytes())
    assert fetch(f"{server}/crl/..%2f..%2fkeys%2fpassphrase")[0] == 404


def half_a_request(address: str, headers: bytes = b"Content-Length: 400\r\n") -> socket.socket:
    """A connection that posts two bytes and then says nothing more."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=15)
    connection.sendall(b"POST /ocsp HTTP/1.1\r\nHost: status.example\r\n" + headers + b"\r\n2\r")
    return connection


def test_open_requests_do_not_stop_the_service(server: str, record: IssuanceRecord) -> None:
    request = request_about(record)
    with ExitStack() as held:
        silent = [held.enter_context(half_a_request(server)) for _ in range(20)]
        chunked = b"Transfer-Encoding: chunked\r\n"
        silent += [held.enter_context(half_a_request(server, chunked)) for _ in range(20)]
        time.sleep(0.3)
        start = time.monotonic()
        assert told_by(read_answer(fetch(f"{server}/ocsp", request)[1]))[0] == "good"
        assert fetch(f"{server}/crl/authentication.crl")[0] == 200
        assert time.monotonic() - start < 2
        for connection in silent:
            assert connection.recv(12) == b"HTTP/1.1 408"
            while connection.recv(4096):  # until the server has closed it
                pass
        assert 4 < time.monotonic() - start < 12
    assert told_by(read_answer(fetch(f"{server}/ocsp", request)[1]))[0] == "good"


def test_memory_does_not_grow_by_lists_that_nobody_reads(server: str) -> None:
    port = int(server.rpartition(":")[2])
    large = settings.HONNIN_PUBLICATION / "large.crl"
    large.write_bytes(bytes(24 * 1024 * 1024))
    process = int(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[-1])
    try:
        fetch(f"{server}/crl/authentication.crl")
        before = resident_octets(process)
        with lines(port, 128, window=4096) as opened:
            for line in opened:
                line.say(head("GET", "/crl/large.crl"))
            time.sleep(1)
            # The server keeps half a MiB for each reader, whatever the length of what it reads.
            assert resident_octets(process) - before < len(opened) * 1024 * 1024
            start = time.monotonic()
            assert fetch(f"{server}/crl/authentication.crl")[0] == 200
            assert time.monotonic() - start < 2
    finally:
        large.unlink()


def test_requests_that_are_too_long_are_not_taken_in(server: str) -> None:
    port = int(server.rpartition(":")[2])
    length = 24 * 1024 * 1024
    process = int(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[-1])
    fetch(f"{server}/crl/authentication.crl")
    before = resident_octets(process)
    with lines(port, 64) as opened:
        for line in opened:
            line.say(head("POST", "/ocsp", f"Content-Length: {length}"))
            line.pour(bytes(100_000))
        for line in opened:
            said = line.heard()
            assert b"connection: close" in said
            assert error_of(said.partition(b"\r\n\r\n")[2]) == "MALFORMED_REQUEST"
        with Line(port) as line:
            line.say(head("POST", "/ocsp", "Transfer-Encoding: chunked"))
            line.pour(b"1000\r\n" + bytes(4096) + b"\r\n" + b"1\r\n0\r\n" + head("GET", "/crl/x.crl"))
            assert line.heard().count(b"HTTP/1.1") == 1
    assert resident_octets(process) - before < 32 * 1024 * 1024
