"""The rooms of `honnin up` as its start page lists them, and whether one may enter them by a button."""

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from honnin.sites.roles import played

_TIMEOUT = 0.5  # seconds for the status service to take a connection
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Room:
    """A room: what it is for, where it is, the act that leads in; `is_up` is None where that is unknown."""

    name: str
    title: str
    text: str
    address: str
    act: str
    is_up: bool | None = True
    role: str = ""

    @property
    def path(self) -> str:
        """Where it is on its host."""
        return urlsplit(self.address).path

    @property
    def shown_address(self) -> str:
        """As short as it can be read aloud."""
        return self.address.partition("://")[2].rstrip("/")


def rooms(request: HttpRequest) -> Iterator[Room]:
    """All that this process plays. Raises as `present_addresses`."""
    for role in played():
        yield from role.rooms(request)


def offers_entry(request: HttpRequest) -> bool:
    """Whether a button signs in: on a test deployment that `honnin up` serves, for this machine alone."""
    if not settings.HONNIN_ENTRY_BY_BUTTON:
        return False
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        is_near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        is_near = False
    return is_near and (host in _LOOPBACK_NAMES or request.get_host() in _LOOPBACK_NAMES)


def root_of(address: str) -> str:
    """The address of the host that answers there."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def listens(address: str) -> bool | None:
    """Whether somebody takes connections there; asked on this machine only."""
    parts = urlsplit(address)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return None
    try:
        socket.create_connection((parts.hostname, parts.port or 80), _TIMEOUT).close()
    except OSError:
        return False
    return True
