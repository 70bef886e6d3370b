"""A companion and a site that asks it for logins, both on this machine, in threads of the test."""

import http.client
import json
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from honnin.card.client.session import CardSession
from honnin.card.transport.card_file import CardFile
from honnin.citizen.companion.access import Access
from honnin.citizen.companion.app import CompanionApplication
from honnin.citizen.companion.asked import BACK
from honnin.citizen.companion.card import Card
from honnin.citizen.companion.server import companion_server, listening
from honnin.clock import Clock
from honnin.errors import HonninError
from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus
from honnin.verifier import CertificateVerifier, ChallengeStore, LoginVerifier, OCSPClient, TrustStore
from tests.support.pki import specimen
from tests.support.pki.sources import SmallResponder, serving

SITE_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Site</title><h1>{words}</h1>
<a id="login" href="{address}">Log in</a></html>"""


def card_in(path: Path) -> Card:
    """The card in a file, as the command opens it."""

    @contextmanager
    def held() -> Iterator[CardSession]:
        with CardFile.open(path) as file:
            session = CardSession(file)
            session.select_jpki()
            yield session

    return Card(path.stem, held)


@dataclass
class Companion:
    """One that runs. `announced`: the start addresses after the first."""

    access: Access
    announced: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.access.origin

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])


@contextmanager
def running_companion(
    card: Card, clock: Clock, *, tells_users: bool = True, timeout: float = 5.0
) -> Iterator[Companion]:
    """At a free port; stopped at the end, with all its threads."""
    announced: list[str] = []
    with listening(0) as listener:
        access = Access(listener.getsockname()[1], tells_users=tells_users, announce=announced.append)
        application = CompanionApplication(card, access, clock, timeout=timeout)
        server = companion_server(application)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Companion(access, announced)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
            application.close()


@contextmanager
def started(
    environment: Mapping[str, str], *words: object
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command as a process at a free port, and the document that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "honnin", "companion", "--port", "0", "--json", *map(str, words)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@dataclass
class Reply:
    """An answer over HTTP, read whole."""

    status: int
    headers: Mapping[str, str]
    text: str


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> Reply:
    """One request to that port of this machine; `headers` with _ for -."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    said.setdefault("accept-language", "en")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, said)
        answer = connection.getresponse()
        text = answer.read().decode()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
    finally:
        connection.close()


class Client:
    """Speaks HTTP without being a browser: whoever means to attack says what they like."""

    def __init__(self, companion: Companion) -> None:
        self.companion, self.cookie = companion, ""

    def connected(self) -> "Client":
        """With the secret of a browser that was connected."""
        path = urlsplit(self.companion.access.start_address).path
        self.cookie = self.ask("GET", path).headers["set-cookie"].partition(";")[0]
        return self

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Reply:
        """As `ask`, with the secret, if there is one."""
        cookie = {"cookie": self.cookie} if self.cookie else {}
        return ask(self.companion.port, method, path, body, **{**cookie, **headers})

    def begin(self, query: str) -> str:
        """The path of what is asked for."""
        return self.ask("GET", f"/asked?{query}").headers["location"]


class Site:
    """A site that wants logins, by the library that sites use. `outcomes`: what came back."""

    def __init__(self, clock: Clock, companion: Companion, responder: str) -> None:
        """`responder`: where it asks for the status of certificates."""
        self._companion, self.origin = companion, ""
        self._challenges = ChallengeStore(clock)
        roots = [specimen.authority(purpose).certificate for purpose in Purpose]
        trust = TrustStore(specimen.DEPLOYMENT, roots)
        self._logins = LoginVerifier(
            CertificateVerifier(trust, OCSPClient(responder), clock), self._challenges
        )
        self._sessions: dict[str, str] = {}
        self.outcomes: list[str] = []

    def query(self) -> str:
        """A new challenge, kept for the browser that will come back with this state."""
        nonce, state = self._challenges.issue(self.origin), secrets.token_urlsafe(16) + "; ~"
        self._sessions[state] = nonce
        return urlencode({"origin": self.origin, "nonce": nonce, "state": state})

    def page(self, path: str, query: str) -> str:
        """What it shows: a link to the companion, and what became of a login."""
        words = "Log in"
        if path == BACK:
            words = self._came_back(parse_qs(query, strict_parsing=True))
            self.outcomes.append(words)
        return SITE_PAGE.format(
            words=escape(words), address=escape(f"{self._companion.origin}/login?{self.query()}")
        )

    def _came_back(self, fields: dict[str, list[str]]) -> str:
        nonce = self._sessions.pop(fields["state"][0])
        if "error" in fields:
            return fields["error"][0]
        try:
            login = self._logins.verify(fields["token"][0], origin=self.origin, nonce=nonce)
        except HonninError as error:
            return error.code
        return f"serial {login.serial_number}"


@contextmanager
def running_site(clock: Clock, companion: Companion) -> Iterator[Site]:
    """At a free port of this machine: another origin."""
    responder = SmallResponder(clock)
    certificate = specimen.user_authentication_certificate()
    responder.statuses[Purpose.USER_AUTHENTICATION, certificate.serial_number] = CertStatus.GOOD

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            content = site.page(path, query).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # a browser that has gone on
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    with serving(responder.respond) as url, ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        site = Site(clock, companion, url)
        site.origin = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join(20)


def title_of(page: str) -> str:
    """The heading of one of the companion's pages."""
    found = re.search(r"<h1[^>]*>([^<]*)</h1>", page)
    assert found is not None, page
    return found[1]
