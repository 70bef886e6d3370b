"""The screens over a real server: what strangers send is refused by its length, its time and its sum."""

import re
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from honnin.clock import SystemClock
from honnin.console.signing_in.sessions import IDLE
from honnin.sites.front.application import LONGEST_BODY, MEMORY, MEMORY_FOR_UPLOADS
from honnin.sites.processes.serving import Server
from tests.support.console import REQUEST, Console, scan
from tests.support.processes import free_port
from tests.support.servers.raw_http import Line, head, lines, resident_octets, status_of
from tests.support.servers.served import wait_for
from tests.support.town import PHOTO

UPLOAD = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
MEBI = 1024 * 1024
ANYWHERE = f"/counter/residents/{'0' * 32}/new-application/"
SIGN_IN = "/sign-in/"
QUICK = 2  # seconds
ENGLISH = "Accept-Language: en"


class Screens(Server):
    """The screens on an installation's databases, in a process of their own."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__("honnin.sites.asgi:application", self.port, interface="asgi")

    @property
    def octets(self) -> int:
        assert self._process is not None
        return resident_octets(self._process.pid)

    def seconds_for_a_page(self) -> float:
        began = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{SIGN_IN}", timeout=20) as response:
            assert response.status == 200
            assert b"csrfmiddlewaretoken" in response.read()
        return time.monotonic() - began


@pytest.fixture(scope="module")
def screens(django_db_setup: None) -> Iterator[Screens]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DJANGO_SETTINGS_MODULE")  # these tests' own would make an installation of its own
        with Screens() as server:
            server.seconds_for_a_page()
            yield server


@pytest.fixture
def clerk(committed: None, console: Console) -> tuple[str, str]:
    """The cookie of a clerk who has signed in, and the address of a page that takes copies."""
    client = console.clerk()
    _seen_at(client, SystemClock().now())  # the server's clock is the machine's
    resident, _ = console.resident()
    cookies = f"Cookie: {_cookies(client)}"
    return cookies, reverse("counter:new_application", args=[resident.public_id])


def _seen_at(client: Client, at: datetime) -> None:
    session = client.session
    session["signed_in_at"] = session["seen_at"] = at.timestamp()
    session.save()


def _cookies(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def refused(screens: Screens, *said: bytes) -> str:
    """What is answered to a request of which the body stays away."""
    with Line(screens.port) as line:
        began = time.monotonic()
        line.say(b"".join(said))
        answer = line.heard(b"</html>")
        assert time.monotonic() - began < QUICK
        assert b"connection: close" in answer
        line.heard()  # and it does close
        assert time.monotonic() - began < 3
    return answer.decode()


@pytest.mark.parametrize(
    ("path", "length"),
    [
        (ANYWHERE, UPLOAD),
        (SIGN_IN, LONGEST_BODY + 1),
        ("/nowhere", 10**19 - 1),
        ("/static/honnin/honnin.css", UPLOAD),
    ],
)
def test_a_strangers_large_body_is_refused_unread_with_the_limit(
    screens: Screens, committed: None, path: str, length: int
) -> None:
    answer = refused(screens, head("POST", path, f"Content-Length: {length}", ENGLISH))
    assert answer.startswith("HTTP/1.1 413 ")
    assert "64 KB" in answer
    assert "E_BODY_TOO_LARGE" in answer
    assert "content-security-policy" in answer
    japanese = refused(screens, head("POST", path, f"Content-Length: {length}"))
    assert "64 KB）を超えています" in japanese


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "../../keys/passphrase", "'\";--"])
def test_an_invented_session_opens_nothing(screens: Screens, clerk: tuple[str, str], key: str) -> None:
    cookie = f'Cookie: sessionid="{key}"; sessionid={key}'
    answer = refused(screens, head("POST", clerk[1], cookie, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_session_that_was_ended_opens_nothing(screens: Screens, clerk: tuple[str, str]) -> None:
    cookies, address = clerk
    client = Client()
    client.cookies["sessionid"] = found(r"sessionid=(\w+)", cookies)
    client.post("/sign-out/")
    answer = refused(screens, head("POST", address, cookies, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_session_that_is_idle_opens_nothing(screens: Screens, clerk: tuple[str, str]) -> None:
    cookies, address = clerk
    client = Client()
    client.cookies["sessionid"] = found(r"sessionid=(\w+)", cookies)
    _seen_at(client, SystemClock().now() - IDLE)
    answer = refused(screens, head("POST", address, cookies, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize("path", [SIGN_IN, "/counter/residents/", "/counter/applications/1/approve/", "/x"])
def test_who_has_signed_in_may_send_more_only_where_copies_are_taken(
    screens: Screens, clerk: tuple[str, str], path: str
) -> None:
    answer = refused(screens, head("POST", path, clerk[0], f"Content-Length: {LONGEST_BODY + 1}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_an_upload_beyond_the_limit_is_refused_also_to_who_has_signed_in(
    screens: Screens, clerk: tuple[str, str]
) -> None:
    answer = refused(screens, head("POST", clerk[1], clerk[0], f"Content-Length: {UPLOAD + 1}", ENGLISH))
    assert answer.startswith("HTTP/1.1 413 ")
    assert "24 MB" in answer


def form(token: str, **files: bytes) -> tuple[str, bytes]:
    """A form with files as a browser sends it; its type and its body."""
    boundary = "boundary-of-the-form"
    fields = [
        (name, one)
        for name, value in REQUEST.items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in [*fields, ("csrfmiddlewaretoken", token)]
    ]
    for name, content in files.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{name}.jpg"'
        parts.append(f"--{boundary}\r\n{disposition}\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return f"Content-Type: multipart/form-data; boundary={boundary}", body


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None
    return match[1]


def csrf_of(screens: Screens, cookies: str) -> tuple[str, str]:
    """A token and the cookie that goes with it."""
    with Line(screens.port) as line:
        line.say(head("GET", "/counter/applications/", cookies, "Connection: close"))
        said = line.heard().decode()
    return found(r'name="csrfmiddlewaretoken" value="(\w+)"', said), found(r"csrftoken=(\w+)", said)


@pytest.mark.parametrize("chunked", [False, True])
def test_four_whole_copies_of_a_clerk_arrive(screens: Screens, clerk: tuple[str, str], chunked: bool) -> None:
    cookies, address = clerk
    token, cookie = csrf_of(screens, cookies)
    copy = PHOTO + bytes(5 * MEBI - len(PHOTO))
    media_type, body = form(token, copy_1=copy, copy_2=copy, mandate_copy=copy, proxy_copy=copy)
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    if chunked:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with Line(screens.port) as line:
        sent = head(
            "POST",
            address,
            f"{cookies}; csrftoken={cookie}",
            media_type,
            framing,
            ENGLISH,
            "Connection: close",
        )
        line.say(sent + body)
        said = line.heard().decode()
    # It was read whole: the form's own sentences are shown, which are about what was entered.
    assert status_of(said.encode()) == 200
    assert "Choose which document the copy shows." in said


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
    style = Path("src/honnin/console/static/honnin/honnin.css").read_bytes()
    with Line(screens.port) as line:
        line.say(head("GET", "/static/honnin/honnin.css", "Connection: close"))
        assert line.heard().endswith(b"\r\n\r\n" + style)
    with Line(screens.port) as line:
        line.say(head("HEAD", "/static/honnin/honnin.css", "Connection: close"))
        said = line.heard()
    assert f"content-length: {len(style)}\r\n".encode() in said
    assert said.endswith(b"\r\n\r\n")


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
    with lines(screens.port, MEMORY // LONGEST_BODY + 100) as opened:
        for line in opened:
            line.say(head("POST", SIGN_IN, f"Content-Length: {LONGEST_BODY}") + bytes(LONGEST_BODY - 1))
        small = head("POST", SIGN_IN, "Content-Length: 5000", invented) + bytes(5000)
        answer = b""
        for _ in range(20):  # until the server has taken in what it can
            with Line(screens.port) as line:
                line.say(small)
                answer = line.heard(b"\r\n\r\n")
            if status_of(answer) == 503:
                break
            time.sleep(0.1)
        assert status_of(answer) == 503
        assert b"retry-after: 10" in answer
        with Line(screens.port) as line:
            known = [f"{clerk[0]}; csrftoken={cookie}", "Content-Type: application/x-www-form-urlencoded"]
            line.say(head("POST", "/sign-out/", *known, f"Content-Length: {len(sign_out)}") + sign_out)
            assert status_of(line.heard(b"\r\n\r\n")) == 302
        assert screens.octets - before < MEMORY + 128 * MEBI  # the connections themselves take some, too
        assert screens.seconds_for_a_page() < QUICK


@pytest.mark.parametrize("extra", ["fields", "files"])
@pytest.mark.django_db(databases="__all__")
def test_a_form_has_so_many_fields_and_files(console: Console, extra: str) -> None:
    client = console.clerk()
    resident, _ = console.resident()
    more = {f"more_{number}": "x" if extra == "fields" else scan() for number in range(250)}
    response = client.post(reverse("counter:new_application", args=[resident.public_id]), REQUEST | more)
    assert response.status_code == 400
    assert not resident.applications.exists()


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


def pages(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every page of the screens."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern)
        else:
            yield pattern


def test_the_pages_that_take_copies_say_so_and_no_others() -> None:
    marked = {page.name for page in pages() if getattr(page.callback, "takes_copies", False)}
    assert marked == {"new_application", "application", "evidence", "new_pin_reset"}
    templates = Path("src/honnin/municipality").rglob("*.html")
    with_files = {path.stem for path in templates if "multipart/form-data" in path.read_text("utf-8")}
    # `application_forms` is a part of `application`, and posts to `evidence`
    assert with_files == {"application_forms", "new_application", "new_pin_reset"}
