"""The rooms of `honnin up` as its start page lists them, and whether one may enter them by a button."""

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.sites.addresses import present_addresses

_PATIENCE = 0.5  # seconds for the status service to take a connection
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
    """All that there are. Raises as `present_addresses`."""
    yield Room(
        "counter",
        _("Counter"),
        _(
            "Clerks of the municipalities receive applications for certificates, release holds and "
            "revoke certificates."
        ),
        request.build_absolute_uri(reverse("counter")),
        _("Enter as a clerk"),
        role="clerk",
    )
    yield Room(
        "hotline",
        _("Hotline"),
        _("Operators take reports of loss and theft at any hour, and hold or revoke certificates."),
        request.build_absolute_uri(reverse("hotline:search")),
        _("Enter as an operator"),
        role="operator",
    )
    address = present_addresses(settings.HOME).ocsp_uri
    yield Room(
        "status",
        _("Status service"),
        _("Tells by OCSP and by revocation lists whether a certificate is good."),
        _root(address),
        _("See lists and certificates"),
        is_up=_listens(address),
    )


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


def _root(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def _listens(address: str) -> bool | None:
    """Whether somebody takes connections there; asked on this machine only."""
    parts = urlsplit(address)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return None
    try:
        socket.create_connection((parts.hostname, parts.port or 80), _PATIENCE).close()
    except OSError:
        return False
    return True
