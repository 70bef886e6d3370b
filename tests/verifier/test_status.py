"""Sources of status: a responder and lists, over loopback HTTP and in files."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from honnin.clock import FixedClock
from honnin.errors import Malformed, Unavailable, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus, ErrorStatus, cert_id_of, request
from honnin.verifier import CRLSource, OCSPClient
from tests.support.pki import specimen
from tests.support.pki.sources import HOUR, SmallResponder, serving, write_list

PURPOSE = Purpose.USER_AUTHENTICATION
ISSUER = specimen.authority(PURPOSE).certificate
CERTIFICATE = specimen.user_authentication_certificate()
SERIAL = CERTIFICATE.serial_number
NOW = specimen.NOW
DAY = timedelta(days=1)
HOLD = x509.ReasonFlags.certificate_hold


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


# — responder ——————————————————————————————————————————————————————————————————————————————————————————


def test_responder_is_asked_each_time(responder: SmallResponder, responder_url: str) -> None:
    client = OCSPClient(responder_url)
    assert client.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.GOOD
    assert client.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.GOOD
    assert responder.asked == 2


def test_answer_to_somebody_elses_question_is_not_taken(responder: SmallResponder) -> None:
    """A recorded answer lacks this question's nonce."""
    recorded = responder.respond(request(cert_id_of(ISSUER, SERIAL), b"r" * 32))
    with serving(lambda body: recorded) as url, pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
        OCSPClient(url).status_of(CERTIFICATE, ISSUER, NOW)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x30\x00"])
def test_answer_that_is_none(body: bytes) -> None:
    with serving(lambda request: body) as url, pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
        OCSPClient(url).status_of(CERTIFICATE, ISSUER, NOW)


def test_answer_without_end_is_cut_off() -> None:
    with serving(lambda body: bytes(70_000)) as url, pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        OCSPClient(url).status_of(CERTIFICATE, ISSUER, NOW)


def test_responder_for_other_issuers_proves_nothing(responder: SmallResponder, responder_url: str) -> None:
    responder.failure = ErrorStatus.UNAUTHORIZED
    with pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
        OCSPClient(responder_url).status_of(CERTIFICATE, ISSUER, NOW)


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        OCSPClient(f"http://127.0.0.1:{closed_port()}/").status_of(CERTIFICATE, ISSUER, NOW)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "E_STATUS_ADDRESS"),
        (b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n", "E_STATUS_ADDRESS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "E_STATUS_ADDRESS"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "E_STATUS_UNAVAILABLE"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "E_STATUS_UNAVAILABLE"),
        (b"", "E_STATUS_UNAVAILABLE"),
    ],
)
def test_somebody_there_who_is_no_responder(answer: bytes, code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread.submit(speak)
        client = OCSPClient(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(Unavailable) as raised:
            client.status_of(CERTIFICATE, ISSUER, NOW)
    assert raised.value.code == code
    if answer.startswith(b"HTTP/1.1 40"):
        assert f"(HTTP {answer[9:12].decode()})" in raised.value.sentence("en")


def test_somebody_there_who_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = OCSPClient(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1)
        with pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
            client.status_of(CERTIFICATE, ISSUER, NOW)


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    """Somebody who begins an answer and goes on with it every 50 ms, without end."""
    ended = threading.Event()

    def speak() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            while not ended.wait(0.05):
                connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        thread.submit(speak)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            ended.set()


DRIPS = [
    (b"", b"H"),
    (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
    (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"0"),
    (b"HTTP/1.1 200 OK\r\n\r\n", b"0"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n0\r\n"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b";x"),
    (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
]


@pytest.mark.parametrize(("first", "drop"), DRIPS)
def test_each_octet_in_time_does_not_make_an_answer_be_in_time(first: bytes, drop: bytes) -> None:
    began = time.monotonic()
    with dripping(first, drop) as url, pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        OCSPClient(url, timeout=0.4).status_of(CERTIFICATE, ISSUER, NOW)
    with dripping(first, drop) as url, pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        CRLSource(url, timeout=0.4).status_of(CERTIFICATE, ISSUER, NOW)
    assert time.monotonic() - began < 3


def test_a_tls_handshake_that_never_ends_is_given_up() -> None:
    began = time.monotonic()
    with (
        dripping(b"\x16\x03\x03\x40\x00", b"0") as url,
        pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"),
    ):
        OCSPClient(url.replace("http:", "https:"), timeout=0.4).status_of(CERTIFICATE, ISSUER, NOW)
    assert time.monotonic() - began < 2


def test_a_list_without_end_is_cut_off() -> None:
    endless = dripping(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1_000_000))
    with endless as url, pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        CRLSource(url, longest=5_000_000).status_of(CERTIFICATE, ISSUER, NOW)


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "data:,x"])
def test_a_redirection_leads_to_http_only(location: str) -> None:
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with dripping(answer, b"") as url, pytest.raises(Unavailable, match="E_STATUS_"):
        CRLSource(url, timeout=2).status_of(CERTIFICATE, ISSUER, NOW)


def test_a_list_in_a_file_has_a_limit(tmp_path: Path) -> None:
    large = tmp_path / "large.crl"
    with large.open("wb") as file:
        file.truncate(5 * 1024**3)  # takes no room
    for path in (large, Path("/dev/zero")):
        with pytest.raises(Malformed, match="E_FILE_TOO_LARGE") as raised:
            CRLSource(path, longest=1_000_000).status_of(CERTIFICATE, ISSUER, NOW)
        assert "976 KB" in raised.value.sentence("en")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.jp/", "ocsp.example.jp", "http://"])
def test_addresses_are_http(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        OCSPClient(url)
    with pytest.raises(ValueError, match="http"):
        CRLSource(url)


# — lists ——————————————————————————————————————————————————————————————————————————————————————————————


def test_list_in_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list", PURPOSE, {})
    source = CRLSource(path)
    assert source.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.GOOD
    write_list(path, PURPOSE, {SERIAL: HOLD})
    status = source.status_of(CERTIFICATE, ISSUER, NOW)
    assert (status.cert_status, status.reason) == (CertStatus.REVOKED, HOLD)


def test_list_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list", PURPOSE, {})
    source = CRLSource(path)
    source.status_of(CERTIFICATE, ISSUER, NOW)
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(b"x" * path.stat().st_size)
    os.utime(path, ns=times)
    assert source.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.GOOD


def test_list_at_an_address_is_fetched_again_after_an_hour(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list", PURPOSE, {})
    fetched = []

    def answer(body: bytes) -> bytes:
        fetched.append(body)
        return path.read_bytes()

    with serving(answer) as url:
        source = CRLSource(url)
        for after in (timedelta(0), timedelta(minutes=59), HOUR, 90 * timedelta(minutes=1)):
            assert source.status_of(CERTIFICATE, ISSUER, NOW + after).cert_status is CertStatus.GOOD
    assert len(fetched) == 2


def test_another_issuers_list_is_not_fetched_for_every_certificate(tmp_path: Path) -> None:
    own, other = (write_list(tmp_path / purpose, purpose, {}) for purpose in (PURPOSE, Purpose.SIGNATURE))
    fetched: list[float] = []

    def answer(body: bytes) -> bytes:
        fetched.append(minutes)
        return other.read_bytes() if minutes < 3 else own.read_bytes()

    with serving(answer) as url:
        source = CRLSource(url, own)
        for minutes in (0, 0.5, 1, 1.5):
            assert source.status_of(CERTIFICATE, ISSUER, NOW + timedelta(minutes=minutes))
        assert fetched == [0, 1]
        source = CRLSource(url)
        for minutes in (2, 2.5):
            with pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
                source.status_of(CERTIFICATE, ISSUER, NOW + timedelta(minutes=minutes))
        minutes = 3
        assert source.status_of(CERTIFICATE, ISSUER, NOW + timedelta(minutes=minutes))
    assert fetched == [0, 1, 2, 3]


@pytest.mark.parametrize("order", [1, -1])
def test_a_stale_list_is_told_beside_those_of_others(tmp_path: Path, order: int) -> None:
    stale = write_list(tmp_path / "stale", PURPOSE, {}, age=49 * HOUR)
    other = write_list(tmp_path / "other", Purpose.SIGNATURE, {})
    with pytest.raises(Untrusted, match="E_STATUS_STALE"):
        CRLSource(*(stale, other)[::order]).status_of(CERTIFICATE, ISSUER, NOW)


def test_the_list_that_speaks_for_the_certificate_is_found(tmp_path: Path) -> None:
    elsewhere = write_list(tmp_path / "elsewhere", PURPOSE, {}, place=specimen.OTHER_PLACE)
    other = write_list(tmp_path / "other", Purpose.SIGNATURE, {})
    own = write_list(tmp_path / "own", PURPOSE, {SERIAL: HOLD})
    source = CRLSource(elsewhere, other, own)
    assert source.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.REVOKED
    with pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
        CRLSource(elsewhere, other).status_of(CERTIFICATE, ISSUER, NOW)


@pytest.mark.parametrize("order", [1, -1])
def test_revoked_in_one_list_is_revoked(tmp_path: Path, order: int) -> None:
    older = write_list(tmp_path / "older", PURPOSE, {}, age=2 * HOUR)
    newer = write_list(tmp_path / "newer", PURPOSE, {SERIAL: HOLD})
    source = CRLSource(*(older, newer)[::order])
    assert source.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.REVOKED


def test_stale_list(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list", PURPOSE, {}, age=49 * HOUR)
    with pytest.raises(Untrusted, match="E_STATUS_STALE"):
        CRLSource(path).status_of(CERTIFICATE, ISSUER, NOW)


@pytest.mark.parametrize("ahead", [30 * DAY, -HOUR / 2])
def test_a_list_of_an_address_is_fetched_again_after_the_clock_was_set_back(
    tmp_path: Path, ahead: timedelta
) -> None:
    """Whether the one kept was fetched in the future, or was made there."""
    fast = write_list(tmp_path / "fast", PURPOSE, {}, age=-30 * DAY).read_bytes()
    right = write_list(tmp_path / "right", PURPOSE, {SERIAL: HOLD}).read_bytes()
    fetched: list[bytes] = []

    def respond(_body: bytes) -> bytes:
        fetched.append(fast if not fetched else right)
        return fetched[-1]

    with serving(respond) as address:
        source = CRLSource(address)
        with suppress(Untrusted):
            source.status_of(CERTIFICATE, ISSUER, NOW + ahead)
        assert source.status_of(CERTIFICATE, ISSUER, NOW).cert_status is CertStatus.REVOKED
    assert fetched == [fast, right]


def test_no_list_at_all(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        CRLSource(tmp_path / "missing").status_of(CERTIFICATE, ISSUER, NOW)
    with pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        CRLSource(tmp_path).status_of(CERTIFICATE, ISSUER, NOW)
    with pytest.raises(Untrusted, match="E_STATUS_UNTRUSTED"):
        CRLSource().status_of(CERTIFICATE, ISSUER, NOW)


def test_clock_of_the_relying_party_is_an_argument(tmp_path: Path, clock: FixedClock) -> None:
    path = write_list(tmp_path / "list", PURPOSE, {})
    clock.move_to(NOW + timedelta(days=30))
    with pytest.raises(Untrusted, match="E_STATUS_STALE"):
        CRLSource(path).status_of(CERTIFICATE, ISSUER, clock.now())
