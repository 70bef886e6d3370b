"""Who gets nothing: pages of other origins, names that lead here, other users, whoever floods or dawdles."""

import os
import re
import socket
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.companion import peer
from honnin.citizen.companion.waiting import MOST_A_MINUTE
from honnin.clock import FixedClock
from tests.support.login import NONCE
from tests.support.pki import cards
from tests.support.servers.companion import Client, Companion, card_in, running_companion

QUERY = urlencode({"origin": "https://tax.example", "nonce": NONCE, "state": "s"})
PIN = urlencode({"pin": cards.AUTHENTICATION_PIN})
NOBODY = "A" * 43


ENTRANCES = ("/", f"/login?{QUERY}", "/style/honnin.css")
OF_OTHERS = ("evil.example", "localhost:{port}", "127.0.0.1", "[::1]:{port}", "127.0.0.1:1")


def test_a_name_that_leads_here_is_not_ours(client: Client) -> None:
    for name, path in product(OF_OTHERS, ENTRANCES):
        answer = client.ask("GET", path, host=name.format(port=client.companion.port))
        assert (answer.status, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8"), name


OTHER_PAGES: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "http://localhost:8609"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
)


def test_a_form_of_another_page_spends_no_try(client: Client, path: Path) -> None:
    """Even with the browser's secret, which goes to every port of this machine."""
    here = client.begin(QUERY)
    for headers in OTHER_PAGES:
        answer = client.ask("POST", here, urlencode({"pin": "9999"}), **headers)
        assert (answer.status, answer.text.startswith("This was not asked for")) == (403, True), headers
    assert client.ask("GET", here).status == 200
    with card_in(path).held() as session:
        assert session.tries_left(KeySlot.AUTHENTICATION) == 3


LOADED = (
    ("no-cors", "image"),
    ("cors", "empty"),
    ("navigate", "iframe"),
    ("no-cors", "style"),
    ("navigate", "object"),
)


def test_what_another_page_loads_is_not_answered(client: Client) -> None:
    for site, (mode, destination), path in product(("cross-site", "same-site"), LOADED, ENTRANCES):
        headers = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": destination}
        assert client.ask("GET", path, **headers).status == 403, (headers, path)


def test_another_site_may_lead_a_browser_to_the_entrances_alone(client: Client) -> None:
    headers = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert client.ask("GET", f"/login?{QUERY}", **headers).status == 200
    assert client.ask("GET", f"/asked?{QUERY}", **headers).status == 403
    assert client.ask("GET", client.begin(QUERY), **headers).status == 403


def test_without_the_secret_nothing_is_shown(stranger: Client) -> None:
    cookies = ("", f"honnin-companion-{stranger.companion.port}=guessed")
    for cookie, path in product(cookies, ("/", f"/asked?{QUERY}", f"/requests/{NOBODY}")):
        stranger.cookie = cookie
        answer = stranger.ask("GET", path)
        assert (answer.status, "E_COMPANION_NOT_CONNECTED" in answer.text) == (403, True)
        assert stranger.companion.access.word not in answer.text


def test_without_the_secret_nothing_is_sent(client: Client, stranger: Client) -> None:
    here = client.begin(QUERY)
    for path in (here, f"{here}/leave"):
        answer = stranger.ask("POST", path, PIN, origin=client.companion.origin)
        assert (answer.status, "E_COMPANION_NOT_CONNECTED" in answer.text) == (403, True)
    assert client.ask("GET", here).status == 200


def test_a_start_address_connects_one_browser(companion: Companion, stranger: Client) -> None:
    first = urlsplit(companion.access.start_address).path
    assert stranger.ask("GET", first, sec_purpose="prefetch").status == 409
    connected = stranger.ask("GET", first)
    assert (connected.status, connected.headers["location"]) == (303, "/")
    cookie = connected.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    again = stranger.ask("GET", first)
    assert (again.status, "E_COMPANION_START_USED" in again.text) == (409, True)
    assert "set-cookie" not in again.headers
    assert companion.announced == [companion.access.start_address]
    assert stranger.ask("GET", urlsplit(companion.announced[0]).path).status == 303


@pytest.mark.skipif(os.getuid() != 0, reason="only root may be somebody else")
def test_another_user_gets_nothing_even_with_the_secret(client: Client) -> None:
    """By a process of another user, which speaks HTTP over the same loopback."""
    program = (
        "import os, socket, sys; os.setuid(65534); "
        "line = socket.socket(); line.connect(('127.0.0.1', int(sys.argv[1]))); "
        "line.sendall(sys.argv[2].encode()); print(line.makefile().read())"
    )
    port, ends = client.companion.port, "Connection: close\r\n\r\n"
    spoken = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {client.cookie}\r\n{ends}"
    words = [sys.executable, "-c", program, str(port), spoken]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
    assert said.startswith("HTTP/1.1 403 ")
    assert "This companion belongs to another user" in said
    assert client.ask("GET", "/").status == 200


def test_the_kernel_says_whose_a_connection_is() -> None:
    assert peer.is_known()
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        assert peer.user_at(("127.0.0.1", 1), ("127.0.0.1", other.getsockname()[1])) is None


def test_where_the_system_does_not_say_the_secret_decides(path: Path, clock: FixedClock) -> None:
    with running_companion(card_in(path), clock, tells_users=False) as companion:
        assert Client(companion).ask("GET", "/").status == 403
        assert Client(companion).connected().ask("GET", "/").status == 200


def asking(**fields: str) -> str:
    return urlencode({"origin": "https://tax.example", "nonce": NONCE, "state": "s", **fields})


ASKED_WRONGLY = (
    "",
    "origin=https://tax.example&state=s",
    asking(state=""),
    asking(state="a\r\nSet-Cookie: b"),
    asking(state="税"),
    asking(state="s" * 256),
    asking(return_to="https://evil.example"),
    QUERY + "&state=t",
    QUERY + "&a=b" * 600,
    QUERY + "%FF",
)
NO_SITES = (
    "http://tax.example",
    "https://tax.example/callback",
    "https://tax.example@evil.example",
    "https://tax.example\\@evil.example",
    "https://tax.example#",
    "https://税.example",
    "https://2130706433",
    "https://0x7f.1",
    "javascript:alert(1)",
    "data:text/html,x",
    "null",
    "//tax.example",
    'https://tax.example"><script>',
)


def test_who_asks_wrongly_is_known_and_no_address_of_theirs_is_followed(client: Client) -> None:
    wrong = dict.fromkeys(ASKED_WRONGLY, "E_ASKED_MALFORMED")
    wrong |= {asking(origin=each): "E_ASKED_ORIGIN" for each in NO_SITES}
    wrong |= {asking(nonce="short"): "E_CHALLENGE_MALFORMED"}
    for (query, code), path in product(wrong.items(), ("/login", "/asked")):
        answer = client.ask("GET", f"{path}?{query}")
        assert (answer.status, code in answer.text, "location" in answer.headers) == (400, True, False), query
        assert "<script" not in answer.text
        ways = re.findall(r'href="(http[^"]*)"', answer.text)
        told = ["https://tax.example/.well-known/honnin-companion?error=invalid_request&amp;state=s"]
        assert ways == (told if code == "E_CHALLENGE_MALFORMED" else [])


def test_a_name_in_other_letters_is_shown_as_it_is_with_a_word_of_warning(client: Client) -> None:
    query = urlencode({"origin": "https://xn--tx-yia.example", "nonce": NONCE, "state": "s"})
    page = client.ask("GET", client.begin(query)).text
    assert "https://xn--tx-yia.example" in page
    assert "letters of another script" in page
    assert "letters of another script" not in client.ask("GET", client.begin(QUERY)).text


def test_every_answer_forbids_frames_scripts_caches_and_other_origins(
    client: Client, stranger: Client
) -> None:
    here = client.begin(QUERY)
    answers = [
        client.ask("GET", "/"),
        client.ask("GET", f"/login?{QUERY}"),
        client.ask("GET", here),
        client.ask("POST", here, PIN, origin="https://evil.example"),
        client.ask("POST", here, urlencode({"pin": "9999"}), origin=client.companion.origin),
        client.ask("POST", here, PIN, origin=client.companion.origin),
        client.ask("GET", "/style/honnin.css"),
        client.ask("GET", "/nothing"),
        client.ask("DELETE", "/"),
        stranger.ask("GET", "/"),
    ]
    assert [each.status for each in answers] == [200, 200, 200, 403, 409, 303, 200, 404, 405, 403]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert rule in policy
        assert "script" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "server" not in answer.headers


def test_only_the_page_of_a_request_lets_a_form_lead_elsewhere_and_to_its_site_alone(client: Client) -> None:
    page = client.ask("GET", client.begin(QUERY))
    assert "form-action 'self' https://tax.example;" in page.headers["content-security-policy"]
    assert "form-action 'self';" in client.ask("GET", "/").headers["content-security-policy"]


def test_files_of_the_look_and_no_others(client: Client) -> None:
    assert client.ask("GET", "/style/tokens.css").headers["content-type"] == "text/css; charset=utf-8"
    for name in ("../__init__.py", "..%2f__init__.py", "%2e%2e/__init__.py", "print.css", ""):
        assert client.ask("GET", f"/style/{name}").status == 404


def test_a_body_that_is_too_long_is_not_read(client: Client) -> None:
    here = client.begin(QUERY)
    for length in (1025, 10**9):
        with socket.create_connection(("127.0.0.1", client.companion.port), timeout=10) as line:
            line.sendall(head(client, here, f"Content-Length: {length}"))
            assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_ends_where_it_is_too_long(client: Client) -> None:
    here = client.begin(QUERY)
    with socket.create_connection(("127.0.0.1", client.companion.port), timeout=10) as line:
        line.sendall(head(client, here, "Transfer-Encoding: chunked") + b"500\r\n" + b"p" * 0x500 + b"\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come_is_waited_for_and_given_up(path: Path, clock: FixedClock) -> None:
    with running_companion(card_in(path), clock, timeout=0.2) as companion:
        client = Client(companion).connected()
        here = client.begin(QUERY)
        with socket.create_connection(("127.0.0.1", companion.port), timeout=10) as line:
            line.sendall(head(client, here, "Content-Length: 8") + b"pin=")
            begun = time.monotonic()
            assert client.ask("GET", here).status == 200  # others are answered meanwhile
            assert line.recv(100).startswith(b"HTTP/1.1 408 ")
            assert time.monotonic() - begun < 5
        assert "tries left" not in client.ask("GET", here).text.lower()


def head(client: Client, path: str, length: str) -> bytes:
    """The head of a form that is sent to a path."""
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{client.companion.port}",
        f"Origin: {client.companion.origin}",
        f"Cookie: {client.cookie}",
        length,
    )
    return "\r\n".join((*lines, "", "")).encode()


def test_a_site_that_asks_again_and_again_is_stopped(client: Client) -> None:
    statuses = [client.ask("GET", f"/asked?{QUERY}").status for _ in range(MOST_A_MINUTE + 1)]
    assert statuses == [303] * MOST_A_MINUTE + [503]


def test_what_is_no_form_is_no_form(client: Client, path: Path) -> None:
    for body in ("pin=%FF", "pin=1234&" * 9, "p\xefn=1"):
        answer = client.ask("POST", client.begin(QUERY), body, origin=client.companion.origin)
        assert (answer.status, "E_FORM_INCOMPLETE" in answer.text) == (400, True)
    with card_in(path).held() as session:
        assert session.tries_left(KeySlot.AUTHENTICATION) == 3
