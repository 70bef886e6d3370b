"""The rooms of `honnin up` as its start page lists them, and whether one may enter them by a button."""

import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest

from honnin.sites.declaration.room import Room
from honnin.sites.roles import played

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


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
