"""The addresses of an installation. They are kept in it, so that every certificate names the same address.

`addresses.json` in the home is written when the installation is opened: by `honnin up` with the ports that it
serves at, by `honnin authority init` with what HONNIN_OCSP_URI says. Every other process reads it. One that
is told another address by its environment refuses: certificates of one installation name one status service.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from honnin.errors import Malformed
from honnin.files import write_private
from honnin.sites.home import Home

PORT, OCSP_PORT = 8600, 8602
_VARIABLE = "HONNIN_OCSP_URI"


@dataclass(frozen=True)
class Addresses:
    """The ports of `honnin up` on this machine, and the status service's address where another was set."""

    port: int = PORT
    ocsp_port: int = OCSP_PORT
    set_ocsp_uri: str | None = None

    @property
    def ocsp_uri(self) -> str:
        """Where the status service answers, as certificates say it."""
        return self.set_ocsp_uri or self.served_ocsp_uri

    @property
    def served_ocsp_uri(self) -> str:
        """Where `honnin up` itself serves it."""
        return f"http://127.0.0.1:{self.ocsp_port}/ocsp"

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Raises ValueError for anything but what `keep` writes."""
        entries = json.loads(content)
        if not isinstance(entries, dict) or set(entries) != set(cls.__dataclass_fields__):
            raise ValueError("not the addresses of an installation")
        port, ocsp_port, uri = (entries[name] for name in ("port", "ocsp_port", "set_ocsp_uri"))
        if not all(type(each) is int and 0 < each < 65536 for each in (port, ocsp_port)):
            raise ValueError("not a port")
        if uri is not None and not (isinstance(uri, str) and _is_http_uri(uri)):
            raise ValueError("not an address")
        return cls(port, ocsp_port, uri)


def kept_addresses(home: Home) -> Addresses | None:
    """The addresses kept in the installation; None in one that was last opened before they were kept.

    Raises Malformed E_ADDRESSES_UNREADABLE for a file that is damaged, OSError for one that cannot be read.
    """
    path = home.addresses
    try:
        found = path.stat()
        return _read(path, (found.st_ino, found.st_mtime_ns, found.st_size))
    except (FileNotFoundError, NotADirectoryError):
        return None


@lru_cache(maxsize=8)
def _read(path: Path, version: tuple[int, int, int]) -> Addresses:
    """Once for each version of the file, for each certificate asks; it is only ever written anew."""
    try:
        return Addresses.from_json(path.read_bytes())
    except ValueError as error:
        raise Malformed("E_ADDRESSES_UNREADABLE", path=str(path)) from error


def present_addresses(home: Home) -> Addresses:
    """The addresses that this process must go by.

    Raises Malformed E_OCSP_URI for an environment that names no address, E_OCSP_URI_DIFFERS for one that
    names another than the installation, and as `kept_addresses`.
    """
    if _chosen is not None:
        return _chosen
    kept, configured = kept_addresses(home), _configured_ocsp_uri()
    if kept is None:
        return Addresses(set_ocsp_uri=configured)
    if configured is not None and configured != kept.ocsp_uri:
        raise Malformed("E_OCSP_URI_DIFFERS", uri=configured, kept=kept.ocsp_uri)
    return kept


def chosen_addresses(home: Home, *, port: int | None = None, ocsp_port: int | None = None) -> Addresses:
    """What an opening makes of the options and the environment: what is not said stays as it is kept.

    Raises as `present_addresses`, but for an environment that names another address: that is the new one.
    """
    kept, configured = kept_addresses(home) or Addresses(), _configured_ocsp_uri()
    return replace(
        kept,
        port=port or kept.port,
        ocsp_port=ocsp_port or kept.ocsp_port,
        set_ocsp_uri=configured or kept.set_ocsp_uri,
    )


_chosen: Addresses | None = None


def choose(addresses: Addresses) -> None:
    """This process opens an installation with these addresses; `keep_chosen` writes them into it."""
    global _chosen
    _chosen = addresses


def keep_chosen(home: Home) -> None:
    """Write what this process has chosen, if it has, into the installation, which is open now."""
    global _chosen
    if _chosen is not None:
        keep(home, _chosen)
        _chosen = None


def keep(home: Home, addresses: Addresses) -> None:
    """Write them into the installation, whole or not at all."""
    if kept_addresses(home) == addresses:
        return
    write_private(home.addresses, (json.dumps(asdict(addresses), indent=1) + "\n").encode())


def _configured_ocsp_uri() -> str | None:
    uri = os.environ.get(_VARIABLE)
    if uri is not None and not _is_http_uri(uri):
        raise Malformed("E_OCSP_URI", uri=uri)
    return uri


def _is_http_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        return False
    return named and parts.scheme in ("http", "https") and re.fullmatch("[!-~]+", text) is not None
