"""Many who send at once: what they send has a limit together, and pages stay quick."""

import threading
import time

import pytest

from honnin.sites.front.application import LONGEST_BODY, MEMORY, MEMORY_FOR_UPLOADS
from tests.sites.front.strangers.screens import (
    ANYWHERE,
    ENGLISH,
    MEBI,
    QUICK,
    SIGN_IN,
    UPLOAD,
    Screens,
    csrf_of,
    form,
    refused,
)
from tests.support.servers.raw_http import Line, head, lines, status_of
from tests.support.town import PHOTO


def test_memory_does_not_grow_by_what_128_strangers_send(screens: Screens) -> None:
    before, most, slowest = screens.octets, 0, 0.0
    request, body = head("POST", ANYWHERE, f"Content-Length: {UPLOAD}"), bytes(UPLOAD)

    def attack(line: Line) -> None:
        line.say(request)
        line.pour(body)

    with lines(screens.port, 128) as opened:
        attackers = [threading.Thread(target=attack, args=[line]) for line in opened]
        for attacker in attackers:
            attacker.start()
        while any(attacker.is_alive() for attacker in attackers):
            most = max(most, screens.octets)
            slowest = max(slowest, screens.seconds_for_a_page())
            time.sleep(0.05)
        for line in opened:
            assert status_of(line.heard()) == 413
    assert most - before < 64 * MEBI
    assert slowest < 2  # they fill this machine, but not the screens


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (f"Content-Length: {LONGEST_BODY}", bytes(LONGEST_BODY - 1)),
        ("Content-Length: 100", b""),
        ("Transfer-Encoding: chunked", b"5\r\n123"),
    ],
    ids=["nearly whole", "nothing", "chunk"],
)
def test_pages_are_quick_while_128_bodies_are_half_sent(screens: Screens, framing: str, body: bytes) -> None:
    before = screens.octets
    with lines(screens.port, 128) as opened:
        for line in opened:
            line.say(head("POST", SIGN_IN, framing) + body)
        time.sleep(0.5)
        slowest, grown = max(screens.seconds_for_a_page() for _ in range(10)), screens.octets - before
    assert slowest < QUICK
    assert grown < 64 * MEBI


@pytest.mark.long
def test_a_half_sent_body_is_given_up(screens: Screens) -> None:
    with lines(screens.port, 128) as opened:
        began = time.monotonic()
        for line in opened:
            line.say(head("POST", SIGN_IN, "Content-Length: 100") + b"user")
        for line in opened:
            assert status_of(line.heard()) == 408
        assert 9 < time.monotonic() - began < 15


def test_pages_are_quick_while_128_clients_do_not_read_their_answers(screens: Screens) -> None:
    before = screens.octets
    page = head("GET", "/static/honnin/honnin.css")
    with lines(screens.port, 128, window=2048) as opened:
        for line in opened:
            line.say(page * 20)
        time.sleep(0.5)
        slowest, grown = max(screens.seconds_for_a_page() for _ in range(10)), screens.octets - before
    assert slowest < QUICK
    assert grown < 64 * MEBI


def test_so_many_uploads_at_once_and_the_next_is_told_to_wait(
    screens: Screens, clerk: tuple[str, str]
) -> None:
    cookies, address = clerk
    request = head("POST", address, cookies, f"Content-Length: {UPLOAD}", ENGLISH)
    with lines(screens.port, MEMORY_FOR_UPLOADS // UPLOAD) as opened:
        for line in opened:
            line.say(request + b"--")
        time.sleep(0.5)
        answer = refused(screens, request)
        assert answer.startswith("HTTP/1.1 503 ")
        assert "retry-after: 10" in answer
        assert "E_BODIES_TOO_MANY" in answer
        assert screens.seconds_for_a_page() < QUICK
    time.sleep(0.5)
    with Line(screens.port) as line:  # they have gone: there is room again
        line.say(request)
        line.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            line.heard()


def test_what_strangers_send_has_a_limit_together_and_stops_no_clerk(
    screens: Screens, clerk: tuple[str, str]
) -> None:
    before, invented = screens.octets, "Cookie: sessionid=" + "0" * 32
    token, cookie = csrf_of(screens, clerk[0])
    sign_out = f"csrfmiddlewaretoken={token}".encode() + b"&more=" + bytes(5000)
    nearly_whole = head("POST", SIGN_IN, f"Content-Length: {LONGEST_BODY}") + bytes(LONGEST_BODY - 1)
    small = head("POST", SIGN_IN, "Content-Length: 5000", invented) + bytes(5000)
    with lines(screens.port, MEMORY // LONGEST_BODY + 100) as opened:
        for line in opened:
            line.pour(nearly_whole)
        answer, began = _answered(screens, small), time.monotonic()
        while status_of(answer) != 503 and time.monotonic() - began < 60:
            # A busy server has not taken all of it in yet, or has given up the first of them again.
            opened.extend(Line(screens.port) for _ in range(50))
            for line in opened[-50:]:
                line.pour(nearly_whole)
            answer = _answered(screens, small)
        assert status_of(answer) == 503
        assert b"retry-after: 10" in answer
        with Line(screens.port) as line:
            known = [f"{clerk[0]}; csrftoken={cookie}", "Content-Type: application/x-www-form-urlencoded"]
            line.say(head("POST", "/sign-out/", *known, f"Content-Length: {len(sign_out)}") + sign_out)
            assert status_of(line.heard(b"\r\n\r\n")) == 302
        assert screens.octets - before < MEMORY + 128 * MEBI  # the connections themselves take some, too
        assert screens.seconds_for_a_page() < QUICK


def _answered(screens: Screens, request: bytes) -> bytes:
    with Line(screens.port) as line:
        line.say(request)
        return line.heard(b"\r\n\r\n")


def test_uploads_of_many_clerks_at_once_stay_in_memory(screens: Screens, clerk: tuple[str, str]) -> None:
    cookies, address = clerk
    token, cookie = csrf_of(screens, cookies)
    copy = PHOTO + bytes(5 * MEBI - len(PHOTO))
    media_type, body = form(token, copy_1=copy, copy_2=copy, mandate_copy=copy, proxy_copy=copy)
    headers = [f"{cookies}; csrftoken={cookie}", media_type, f"Content-Length: {len(body)}"]
    request = head("POST", address, *headers, "Connection: close")
    before, most, answers = screens.octets, 0, []

    def send(line: Line) -> None:
        line.say(request)
        line.pour(body)
        answers.append(status_of(line.heard()))

    with lines(screens.port, 12) as opened:
        clerks = [threading.Thread(target=send, args=[line]) for line in opened]
        for one in clerks:
            one.start()
        while any(one.is_alive() for one in clerks):
            most = max(most, screens.octets)
            time.sleep(0.02)
    assert set(answers) <= {200, 503}
    assert answers.count(200) >= MEMORY_FOR_UPLOADS // UPLOAD
    # A body, the files in it, and what is sealed of them beside one another.
    assert most - before < 6 * MEMORY_FOR_UPLOADS, f"{before / MEBI:.0f} MiB, then {most / MEBI:.0f}"
