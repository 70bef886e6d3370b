"""Requests over a connection: in chunks, pipelined, cut off, or with an end that is in doubt."""

import re
import socket
from pathlib import Path

import pytest

from honnin.sites.front.application import LONGEST_BODY
from tests.sites.front.strangers.screens import ANYWHERE, ENGLISH, SIGN_IN, UPLOAD, Screens, refused
from tests.support.servers.raw_http import Line, head, status_of
from tests.support.servers.served import wait_for


def test_a_body_in_chunks_is_counted_while_it_comes(screens: Screens) -> None:
    with Line(screens.port) as line:
        line.say(head("POST", SIGN_IN, "Transfer-Encoding: chunked", ENGLISH))
        for _ in range(65):
            line.say(b"400\r\n" + bytes(1024) + b"\r\n")
        said = line.heard()
    assert status_of(said) == 413
    assert said.count(b"HTTP/1.1") == 1


def test_who_asks_before_sending_is_told_before_sending(screens: Screens, clerk: tuple[str, str]) -> None:
    expecting = "Expect: 100-continue"
    answer = refused(screens, head("POST", ANYWHERE, f"Content-Length: {UPLOAD}", expecting))
    assert answer.startswith("HTTP/1.1 413 ")
    with Line(screens.port) as line:
        line.say(head("POST", clerk[1], clerk[0], f"Content-Length: {LONGEST_BODY + 1}", expecting))
        assert line.heard(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_connection_goes_on_after_an_answer_and_ends_after_a_refusal(screens: Screens) -> None:
    page = head("GET", SIGN_IN)
    with Line(screens.port) as line:
        for _ in range(2):
            line.say(page)
            assert status_of(line.heard(b"</html>")) == 200
        hidden = head("GET", "/static/honnin/honnin.css")
        line.say(head("POST", SIGN_IN, f"Content-Length: {LONGEST_BODY + 1}") + hidden * 3)
        said = line.heard()
        assert (status_of(said), said.count(b"HTTP/1.1")) == (413, 1)


def test_pipelined_requests_are_answered_in_their_order(screens: Screens) -> None:
    with Line(screens.port) as line:
        posted = head("POST", "/nowhere", "Content-Length: 5", "Content-Type: text/plain") + b"GET /"
        line.say(
            head("GET", SIGN_IN) + posted + head("HEAD", SIGN_IN) + head("GET", "/x", "Connection: close")
        )
        said = line.heard()
    assert re.findall(rb"HTTP/1.1 (\d+) ", said) == [b"200", b"404", b"200", b"404"]


@pytest.mark.parametrize(
    "framing",
    [
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: +5"],
        ["Content-Length: -5"],
        ["Content-Length: 5, 6"],
        ["Content-Length: 0x5"],
    ],
)
def test_a_body_whose_end_is_in_doubt_is_refused(screens: Screens, framing: list[str]) -> None:
    with Line(screens.port) as line:
        line.say(head("POST", SIGN_IN, *framing) + b"0\r\n\r\n" + head("GET", SIGN_IN))
        said = line.heard()
    assert (status_of(said), said.count(b"HTTP/1.1")) == (400, 1)


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Transfer-Encoding: chunked", b"zz\r\n"),
        ("Transfer-Encoding: chunked", b"FFFFFFFFFFFFFFFFF\r\n"),
        ("Content-Length: 10", b"abc"),
    ],
    ids=["no number", "too large a number", "half-closed"],
)
def test_a_body_that_cannot_be_read_to_its_end_is_the_clients_fault(
    screens: Screens, framing: str, body: bytes
) -> None:
    with Line(screens.port) as line:
        line.say(head("POST", SIGN_IN, framing, ENGLISH) + body)
        line.socket.shutdown(socket.SHUT_WR)
        said = line.heard()
    assert status_of(said) == 400
    assert b"content-security-policy" in said
    assert b"E_REQUEST_FRAMING" in said


@pytest.mark.parametrize("order", [1, -1])
def test_a_length_beside_chunks_hides_no_second_request(screens: Screens, order: int) -> None:
    both = ["Content-Length: 300", "Transfer-Encoding: chunked"][::order]
    with Line(screens.port) as line:
        line.say(head("POST", "/nowhere", *both) + b"0\r\n\r\n" + head("GET", SIGN_IN))
        said = line.heard()
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "headers",
    [
        ["X: " + "a" * 20_000],
        [f"X{number}: a" for number in range(120)],
        ["Cookie: sessionid=" + "a" * 70_000],
    ],
    ids=["long", "many", "cookie"],
)
def test_headers_have_a_limit(screens: Screens, headers: list[str]) -> None:
    with Line(screens.port) as line:
        line.say(head("GET", SIGN_IN, *headers))
        assert status_of(line.heard()) == 431


def test_the_screens_give_signs_of_life(screens: Screens) -> None:
    before = screens.beat_at
    wait_for(lambda: screens.beat_at > before, timeout=10)


def test_static_files_and_head(screens: Screens) -> None:
    style = Path("src/honnin/look/static/honnin/honnin.css").read_bytes()
    with Line(screens.port) as line:
        line.say(head("GET", "/static/honnin/honnin.css", "Connection: close"))
        assert line.heard().endswith(b"\r\n\r\n" + style)
    with Line(screens.port) as line:
        line.say(head("HEAD", "/static/honnin/honnin.css", "Connection: close"))
        said = line.heard()
    assert f"content-length: {len(style)}\r\n".encode() in said
    assert said.endswith(b"\r\n\r\n")
