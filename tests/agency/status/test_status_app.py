"""The status service called as an ASGI application: what is asked, and what is answered."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import record_lapse
from honnin.agency.status.app import StatusApplication
from honnin.agency.status.responder import Answer, StatusResponder
from honnin.clock import JAPAN
from honnin.law.era import format_era_date
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix.ocsp import LONGEST_REQUEST
from honnin.simulator.onlooker import request_about
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from tests.agency.status.calls import GONE, Event, Waiting, call, exchange, get_path, heard, part, told_to
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


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
