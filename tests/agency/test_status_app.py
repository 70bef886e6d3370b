"""The status service over HTTP: called directly as a WSGI application, and through the real server once."""

import base64
import io
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from django.conf import settings

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse
from honnin.agency.status.app import StatusApplication
from honnin.agency.status.services import publish
from honnin.law.terms import LapseGround, Purpose
from honnin.sites.home import present_home
from honnin.sites.responder import make_application
from tests.agency.world import error_of, read_answer, request_about, told_by
from tests.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")

Reply = tuple[str, dict[str, str], bytes]


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


def call(application: StatusApplication, method: str, path: str, body: bytes = b"", **more: str) -> Reply:
    """One request as a WSGI server makes it."""
    environ: dict[str, object] = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": ""}
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    environ |= more
    setup_testing_defaults(environ)
    told: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _info: object = None) -> object:
        told.append((status, dict(headers)))
        return lambda _: None

    content = b"".join(application(environ, start_response))
    return (*told[0], content)


def get_path(request: bytes) -> str:
    """The path as a server hands it over: decoded."""
    return "/ocsp/" + urllib.parse.unquote(
        urllib.parse.quote(base64.b64encode(request).decode("ascii"), safe="")
    )


def test_post_and_get_answer_the_same(application: StatusApplication, record: IssuanceRecord) -> None:
    request = request_about(record)
    status, headers, body = call(application, "POST", "/ocsp", request)
    assert status == "200 OK"
    assert headers["Content-Type"] == "application/ocsp-response"
    assert int(headers["Content-Length"]) == len(body)
    assert told_by(read_answer(body)) == ("good", "", None)
    assert call(application, "GET", get_path(request)) == (status, headers, body)
    assert call(application, "POST", "/ocsp/", request)[2] == body


def test_the_wsgi_rules_are_kept(application: StatusApplication, record: IssuanceRecord) -> None:
    request = request_about(record)
    environ: dict[str, object] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/ocsp", "SCRIPT_NAME": ""}
    environ |= {"CONTENT_LENGTH": str(len(request)), "wsgi.input": io.BytesIO(request)}
    environ["QUERY_STRING"] = ""
    setup_testing_defaults(environ)
    answer = validator(application)(environ, lambda *_: lambda _: None)
    assert b"".join(answer)
    answer.close()


def test_cache_headers(application: StatusApplication, holder: Holder, town: Town) -> None:
    record = town.records(holder)[Purpose.SIGNATURE]
    assert call(application, "POST", "/ocsp", request_about(record))[1]["Cache-Control"] == "no-store"
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", clock=town.clock)
    cached = call(application, "POST", "/ocsp", request_about(record))[1]["Cache-Control"]
    assert cached == "max-age=900, public, no-transform, must-revalidate"
    with_nonce = call(application, "POST", "/ocsp", request_about(record, nonce=b"n" * 16))
    assert with_nonce[1]["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "length",
    ["", "0", "-1", "x", "1e3", "²", "4097", "99999999999999999999"],
    ids=lambda text: text or "none",
)
def test_a_body_of_no_or_odd_length_is_a_malformed_request(
    application: StatusApplication, record: IssuanceRecord, length: str
) -> None:
    reply = call(application, "POST", "/ocsp", request_about(record), CONTENT_LENGTH=length)
    assert (reply[0], error_of(reply[2])) == ("200 OK", "MALFORMED_REQUEST")


@pytest.mark.parametrize("path", ["/ocsp/", "/ocsp/x", "/ocsp/%", "/ocsp/あ", "/ocsp/" + "A" * 20000])
def test_a_path_that_is_no_request_is_malformed(application: StatusApplication, path: str) -> None:
    status, _, body = call(application, "GET", path)
    assert (status, error_of(body)) == ("200 OK", "MALFORMED_REQUEST")


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
    assert (status, headers["Content-Type"]) == ("200 OK", media_type)
    assert body == (settings.HONNIN_PUBLICATION / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/",
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
    assert (status, body) == ("404 Not Found", b"There is no such list or certificate.\n")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/ocsp"), ("DELETE", "/crl/signature.crl"), ("POST", "/x")]
)
def test_other_methods_are_not_allowed(application: StatusApplication, method: str, path: str) -> None:
    assert call(application, method, path)[0] == "405 Method Not Allowed"


# — The real server ———————————————————————————————————————————————————————————————————————————————————


@pytest.fixture
def server(application: StatusApplication) -> Iterator[str]:
    """The status service in its own process, as an installation runs it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "2", "--no-ws", "honnin.sites.responder:application",
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
    hold(holder.code, actor="hotline", clock=town.clock)
    for fetched in (fetch(f"{server}/ocsp", request), fetch(f"{server}/ocsp/{encoded}")):
        assert told_by(read_answer(fetched[1]))[:2] == ("held", "certificateHold")
    nonce = read_answer(fetch(f"{server}/ocsp", request_about(record, nonce=b"n" * 32))[1])
    assert told_by(nonce)[0] == "held"
    assert error_of(fetch(f"{server}/ocsp", b"garbage")[1]) == "MALFORMED_REQUEST"
    listed = fetch(f"{server}/crl/authentication.crl")
    assert listed == (200, (settings.HONNIN_PUBLICATION / "authentication.crl").read_bytes())
    assert fetch(f"{server}/crl/..%2f..%2fkeys%2fpassphrase")[0] == 404
