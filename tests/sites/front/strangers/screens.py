"""The screens in a process of their own, what is sent to them, and what they answer."""

import re
import time
import urllib.request
from datetime import datetime

from django.conf import settings
from django.test import Client

from honnin.sites.processes.serving import Server
from tests.support.console import REQUEST
from tests.support.processes import free_port
from tests.support.servers.raw_http import Line, head, resident_octets

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


def seen_at(client: Client, at: datetime) -> None:
    session = client.session
    session["signed_in_at"] = session["seen_at"] = at.timestamp()
    session.save()


def cookies_of(client: Client) -> str:
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
