"""The status service in its own process, through the real server."""

import base64
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold
from honnin.agency.status.app import StatusApplication
from honnin.simulator.onlooker import request_about
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.servers.raw_http import Line, head, lines, resident_octets
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


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
