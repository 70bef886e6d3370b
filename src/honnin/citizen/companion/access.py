"""Who is answered: the user who started the companion, in a browser that was connected, on our own pages.

Four gates, each for another stranger. The name by which we were called keeps out a name of somebody else's
that leads here (DNS rebinding). What the browser says of where a request comes from keeps out pages of other
origins. The kernel's word on the connection keeps out other users of this machine. The browser's secret, got
once by an address that only the terminal shows, keeps out whatever else runs in this machine's browsers.
"""

import hmac
import os
import re
import secrets
from collections.abc import Callable
from typing import Final

from honnin.citizen.companion.peer import user_at
from honnin.citizen.companion.request import Request
from honnin.errors import Conflict, HonninError, NotAllowed

LOOPBACK: Final = "127.0.0.1"
_NAVIGATION: Final = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
ENTRANCES: Final = re.compile(r"/|/login|/start/[A-Za-z0-9_-]+")
"""Paths to which another site, a terminal or a bookmark may lead a browser."""
_WORD: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another


class Access:
    """The gates of one companion, and its secrets, which end with it."""

    def __init__(
        self, port: int, *, tells_users: bool, announce: Callable[[str], None] = lambda address: None
    ) -> None:
        """`tells_users`: the system says whose a connection is (`peer.is_known`). `announce` is given the
        next start address whenever one was used.
        """
        self.origin = f"http://{LOOPBACK}:{port}"
        self.word = "".join(secrets.choice(_WORD) for _ in range(4))
        """By which a person knows the companion's pages from those of whoever imitates them."""
        self._cookie, self._secret = f"honnin-companion-{port}", secrets.token_urlsafe(32)
        self._start = secrets.token_urlsafe(32)
        self._tells_users, self._announce = tells_users, announce

    @property
    def start_address(self) -> str:
        """Opened in a browser, once, it connects that browser."""
        return f"{self.origin}/start/{self._start}"

    def require_admitted(self, request: Request) -> None:
        """For every request. Raises NotAllowed E_COMPANION_FOREIGN, E_COMPANION_OTHER_USER."""
        if request.header("host") != self.origin.removeprefix("http://"):
            raise NotAllowed("E_COMPANION_FOREIGN")
        if self._tells_users and user_at(*request.ends) != os.getuid():
            raise NotAllowed("E_COMPANION_OTHER_USER")
        if request.header("origin") not in (None, self.origin) or not self._comes_from_us_or_enters(request):
            raise NotAllowed("E_COMPANION_FOREIGN")

    def is_connected(self, request: Request) -> bool:
        """Whether the browser has our secret."""
        return hmac.compare_digest(request.cookies.get(self._cookie, "").encode(), self._secret.encode())

    def require_connected(self, request: Request) -> None:
        """Raises NotAllowed E_COMPANION_NOT_CONNECTED."""
        if not self.is_connected(request):
            raise NotAllowed("E_COMPANION_NOT_CONNECTED")

    def connect(self, request: Request) -> str:
        """The cookie for the browser that opened the start address, which is used up.

        Raises Conflict E_COMPANION_START_USED.
        """
        shown = request.path.removeprefix("/start/")
        if request.header("sec-purpose") or not hmac.compare_digest(shown.encode(), self._start.encode()):
            raise Conflict("E_COMPANION_START_USED")
        self._start = secrets.token_urlsafe(32)
        self._announce(self.start_address)
        return f"{self._cookie}={self._secret}; Path=/; HttpOnly; SameSite=Strict"

    def _comes_from_us_or_enters(self, request: Request) -> bool:
        """By what the browser says of a request, if it does (Fetch Metadata)."""
        if request.header("sec-fetch-site") in (None, "same-origin", "none"):
            return True
        enters = request.method == "GET" and ENTRANCES.fullmatch(request.path) is not None
        return enters and all(request.header(name) == value for name, value in _NAVIGATION.items())


def is_of_a_stranger(error: HonninError) -> bool:
    """Whether an error is one of those who are told nothing but that."""
    return error.code in ("E_COMPANION_FOREIGN", "E_COMPANION_OTHER_USER")
