"""The screens, a real server, behind a real proxy: https only, each client counted, no address in the log."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

from honnin.console.signing_in.limits import LIMITS
from tests.support.installations import open_again
from tests.support.processes import free_port, plain_environment

SECRET = "yamada-19900315"
HOST = "counter.example"
Headers = dict[str, str]
Answer = tuple[http.client.HTTPResponse, str]
NONE: Headers = {}


@dataclass
class Proxy:
    """A proxy as operators have them: it appends who asked, and says scheme and host in its own headers."""

    port: int
    behind: int
    scheme: str = "https"

    def ask(self, method: str, path: str, body: str = "", headers: Headers = NONE) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body or None, sent | headers)
            answer = connection.getresponse()
            return answer, answer.read().decode()


def handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on()

        do_POST = do_GET  # noqa: N815 - as the library calls it

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            came = f"{headers.pop('X-Forwarded-For', '')},192.0.2.1".lstrip(",")
            headers |= {"X-Forwarded-For": came, "X-Forwarded-Proto": proxy.scheme, "X-Forwarded-Host": HOST}
            with closing(http.client.HTTPConnection("127.0.0.1", proxy.behind, timeout=30)) as behind:
                behind.request(self.command, self.path, body, headers)
                answer = behind.getresponse()
                content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_said: object) -> None:
            pass

    return Handler


@dataclass
class Screens:
    """The server, reached directly and through the proxy, and what it has written."""

    port: int
    proxy: Proxy
    password: str
    written: Path


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screens]:
    folder = tmp_path_factory.mktemp("proxied")
    password = open_again(folder / "home")["passwords"][0]
    port, written = free_port(), folder / "log"
    environment = plain_environment(folder / "home") | {
        "HONNIN_SECURE": "1",
        "HONNIN_HOSTS": f"{HOST}, 127.0.0.1",
        "HONNIN_TRUSTED_PROXIES": "127.0.0.1",
        "GRANIAN_LOG_ACCESS_ENABLED": "1",
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "honnin.sites.asgi:application"]
    with written.open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    proxy = Proxy(free_port(), port)
    relay = ThreadingHTTPServer(("127.0.0.1", proxy.port), handler_of(proxy))
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    try:
        wait_for(port)
        yield Screens(port, proxy, password, written)
    finally:
        relay.shutdown()
        relay.server_close()
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


def sign_in(proxy: Proxy, name: str, password: str, headers: Headers = NONE) -> Answer:
    answer, page = proxy.ask("GET", "/sign-in/", "", headers)
    assert answer.status == 200
    [cookie] = re.findall(r"(__Host-csrf=[^;]+); ", answer.getheader("Set-Cookie", ""))
    token, *_ = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    sent = urlencode({"csrfmiddlewaretoken": token, "username": name, "password": password})
    more = {"Cookie": cookie, "Referer": f"https://{HOST}/sign-in/", "Origin": f"https://{HOST}"}
    return proxy.ask("POST", "/sign-in/", sent, headers | more)


def test_a_clerk_signs_in_through_the_proxy_without_a_circle(screens: Screens) -> None:
    first, _ = screens.proxy.ask("GET", "/")
    assert (first.status, first.getheader("Location")) == (302, "/sign-in/")
    assert "max-age=31536000" in (first.getheader("Strict-Transport-Security") or "")
    answer, _ = sign_in(screens.proxy, "hanako", screens.password)
    assert answer.status == 302
    cookies = answer.msg.get_all("Set-Cookie")
    assert cookies is not None
    assert all("Secure" in cookie for cookie in cookies)
    assert any(cookie.startswith("__Host-session=") and "HttpOnly" in cookie for cookie in cookies)
    cookie = "; ".join(each.partition(";")[0] for each in cookies)
    page, text = screens.proxy.ask("GET", "/counter/applications/", "", {"Cookie": cookie})
    assert page.status == 200
    assert "受付一覧" in text


def test_a_client_by_http_is_sent_to_https(screens: Screens) -> None:
    screens.proxy.scheme = "http"
    try:
        answer, _ = screens.proxy.ask("GET", "/sign-in/?next=/")
        assert (answer.status, answer.getheader("Location")) == (302, f"https://{HOST}/sign-in/?next=/")
    finally:
        screens.proxy.scheme = "https"


@pytest.mark.parametrize(
    "names",
    [
        ("X-Forwarded-For",),
        ("X-Forwarded-For", "X_Forwarded_For"),
        ("X-Real-IP", "Forwarded", "Remote-Addr"),
    ],
    ids="+".join,
)
def test_addresses_that_a_client_writes_do_not_count(screens: Screens, names: tuple[str, ...]) -> None:
    account = f"mei{len(''.join(names))}"

    def wrong(number: int, typed: str = account) -> Answer:
        return sign_in(screens.proxy, typed, "wrong", dict.fromkeys(names, f"198.51.100.{number}"))

    for number in range(LIMITS["pair"].free):
        assert wrong(number)[0].status == 200
    answer, text = wrong(99, f"{account.upper()}\u3000")
    assert answer.status == 503
    assert int(answer.getheader("Retry-After") or 0) > 0
    assert "E_SIGN_IN_PAUSED" in text


def test_the_log_holds_no_address_no_query_and_no_name(screens: Screens) -> None:
    screens.proxy.ask("GET", f"/nowhere/{SECRET}/?name={SECRET}")
    sign_in(screens.proxy, SECRET, SECRET)
    screens.proxy.ask("POST", f"/counter/residents/?{SECRET}", f"name={SECRET}")
    lines = screens.written.read_text("utf-8").splitlines()
    assert any(line.endswith("WARNING - 404") for line in lines)
    for foreign in (SECRET, "GET ", "POST ", "/sign-in/", "nowhere", "192.0.2.1", "198.51.100"):
        assert not [line for line in lines if foreign in line]
