"""A room of `honnin up` as its start page lists it."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_TIMEOUT = 0.5  # seconds for the status service to take a connection


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
