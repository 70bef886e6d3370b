"""The origin of a site, to which a login is bound: whoever answers and whoever verifies read it alike."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORT: Final = {"https": 443, "http": 80}
_LONGEST_HOST: Final = 253  # RFC 1035, 2.3.4, as text
_HOST: Final = re.compile(
    r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+"
)  # a name or address, or what stood in [ ]
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def checked_origin(origin: str) -> str:
    """The origin, if it is one: scheme, host and perhaps port, as RFC 6454 (6.2) serialises them.

    A browser never writes the port that a scheme has anyway, nor an IPv4 address but as four numbers: with
    these, nothing signed would ever match. Raises ValueError, also for plain
    http anywhere but on this machine.
    """
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("not a web origin") from error
    written = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}"
    if port not in (None, 0, DEFAULT_PORT.get(parts.scheme)):
        written += f":{port}"
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host) or origin != written:
        raise ValueError("not a web origin")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        ipaddress.IPv4Address(host)
    local = host in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise ValueError("a login needs https")
    return origin
