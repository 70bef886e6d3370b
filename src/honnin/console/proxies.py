"""Client address, scheme and host of a request: from the connection, or from a proxy that the operator
trusts.

`X-Forwarded-For`, `-Proto` and `-Host` count only when the connection comes from a trusted proxy; from
anybody else they are thrown away. `Forwarded` (RFC 7239) is not read: a proxy that writes one form lets the
other through as a stranger sent it. For the same reason a proxy must set all three, and pass no header on
with `_` in its name.
"""

import logging
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from honnin.console.error_pages import logged_error_page
from honnin.errors import Malformed, Unavailable

Network = IPv4Network | IPv6Network
Answer = Callable[[HttpRequest], HttpResponse]

_FOR, _PROTO, _HOST = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"
_OTHERS = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP")
_PROXY = "honnin.proxy"
_LONGEST_CHAIN = 32
_REDIRECTED = "honnin-redirected"
_REDIRECTED_SECONDS = 10


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks of proxies, separated by commas. Raises Malformed E_TRUSTED_PROXIES."""
    try:
        return tuple(_network(part.strip()) for part in text.split(",")) if text.strip() else ()
    except ValueError as error:
        raise Malformed("E_TRUSTED_PROXIES") from error


def _network(text: str) -> Network:
    network = ip_network(text)
    if network.prefixlen == 0:
        raise ValueError("everybody would be a proxy")
    return network


def counted_address(remote: str) -> str:
    """An address as attempts are counted by it: an IPv6 customer has a /64; "" for a connection without
    one.
    """
    address = _address(remote)
    if address is None:
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def client_of(peer: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """The nearest address that is no trusted proxy's, walking from the connection towards the client.

    What stands further away was written by nobody who is trusted. Where the chain breaks off, or holds no
    address, it is the furthest trusted proxy's.
    """
    trusted = tuple(trusted)
    hops = [hop.strip() for hop in forwarded.split(",")][-_LONGEST_CHAIN:] if forwarded else []
    client = peer
    while hops and _is_trusted(client, trusted):
        next_hop = _address(_without_port(hops.pop()))
        if next_hop is None:
            break
        client = str(next_hop)
    return client


def _is_trusted(peer: str, trusted: Iterable[Network]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, _port = text.partition(":")
    return host if colon and ":" not in _port else text


class TrustedProxies:
    """Puts into the request what the trusted proxy says, and takes out what anybody else does."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta, trusted = request.META, settings.HONNIN_TRUSTED_PROXIES
        declared = {name: meta.pop(name, "") for name in (_FOR, _PROTO, _HOST, *_OTHERS)}
        by_proxy = _is_trusted(meta.get("REMOTE_ADDR", ""), trusted)
        meta[_PROXY] = "foreign" if declared[_PROTO] or declared[_FOR] else ""
        if by_proxy:
            scheme = declared[_PROTO].rpartition(",")[2].strip().lower()
            meta[_PROXY] = "trusted" if scheme in ("http", "https") else "silent"
            meta["wsgi.url_scheme"] = scheme if meta[_PROXY] == "trusted" else meta["wsgi.url_scheme"]
            meta["REMOTE_ADDR"] = client_of(meta["REMOTE_ADDR"], declared[_FOR], trusted)
            if declared[_HOST]:
                meta["HTTP_HOST"] = declared[_HOST].rpartition(",")[2].strip()
        return self.get_response(request)


class OnlyHttps:
    """With HONNIN_SECURE: whoever came by http is sent to https once, and never for ever."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.HONNIN_SECURE or request.is_secure():
            return self.get_response(request)
        proxy = request.META.get(_PROXY)
        if proxy == "foreign":
            return logged_error_page(request, Unavailable("E_PROXY_NOT_TRUSTED"), level=logging.WARNING)
        if proxy == "silent":
            return logged_error_page(request, Unavailable("E_PROXY_SCHEME"), level=logging.WARNING)
        if request.method not in ("GET", "HEAD") or _REDIRECTED in request.COOKIES:
            return logged_error_page(request, Malformed("E_HTTPS_ONLY"))
        response = HttpResponseRedirect(f"https://{request.get_host()}{request.get_full_path()}")
        # A proxy that says nothing and speaks http to us would bring the same browser back at once.
        response.set_cookie(_REDIRECTED, "1", max_age=_REDIRECTED_SECONDS, httponly=True, samesite="Lax")
        return response
