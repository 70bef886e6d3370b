"""Where a PKCS#11 token is and how it is opened, by a pkcs11: URI (RFC 7512).

Only what we use is understood, and anything else refused: a word that is passed over could be the one that
was to tell two tokens apart.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from honnin.errors import Malformed, Unavailable
from honnin.pin import Pin

# Characters that the value of an attribute may have as they are (RFC 7512, 2.3).
_VALUE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=/?|]|%[0-9A-Fa-f]{2})+")
_NEEDED: Final = ("token", "module-path")
_KNOWN: Final = {";": ("token", "serial"), "&": ("module-path", "pin-source", "pin-value")}


@dataclass(frozen=True)
class TokenAddress:
    """A token by its label (and its serial number, where two have one label), its module and its PIN.

    `lock_folder`: where processes wait for each other to open it; no URI has that.
    """

    label: str
    module: Path
    serial: str = ""
    pin_source: Path | None = None
    pin_value: str = field(default="", repr=False)
    lock_folder: Path | None = None

    def pin(self) -> Pin:
        """The user's PIN: the first line of its file, read anew each time.

        Raises Unavailable E_KEY_TOKEN_PIN_FILE.
        """
        if self.pin_source is None:
            return Pin(self.pin_value)
        try:
            return Pin(self.pin_source.read_text("utf-8").splitlines()[0])
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise Unavailable("E_KEY_TOKEN_PIN_FILE", path=str(self.pin_source)) from error


def token_address(uri: str, *, variable: str) -> TokenAddress:
    """Read a URI such as `pkcs11:token=honnin?module-path=/usr/lib/x.so&pin-source=file:/etc/honnin/pin`.

    Needed are token, module-path and either pin-source (a file) or pin-value; serial is understood. Raises
    Malformed E_KEY_TOKEN_URI, which names the `variable` that holds it and the wrong attribute, by its
    place (#3) where its name is unknown: it may be a piece of a PIN.
    """
    try:
        return _address(_attributes(uri))
    except _WrongPartError as wrong:
        raise Malformed("E_KEY_TOKEN_URI", variable=variable, part=wrong.part) from None


class _WrongPartError(Exception):
    def __init__(self, part: str) -> None:
        self.part = part


def _attributes(uri: str) -> dict[str, str]:
    scheme, _, rest = uri.partition(":")
    if scheme.lower() != "pkcs11":
        raise _WrongPartError("pkcs11:")
    path, _, query = rest.partition("?")
    attributes: dict[str, str] = {}
    given = [(";", each) for each in path.split(";")] + [("&", each) for each in query.split("&") if query]
    for place, (separator, attribute) in enumerate(given, start=1):
        name, _, value = attribute.partition("=")
        if name not in _KNOWN[separator]:
            raise _WrongPartError(f"#{place}")
        if name in attributes or not _VALUE.fullmatch(value):
            raise _WrongPartError(name)
        attributes[name] = _decoded(name, value)
    return attributes


def _decoded(name: str, value: str) -> str:
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _WrongPartError(name) from None
    if not text.isprintable():
        raise _WrongPartError(name)
    return text


def _address(attributes: dict[str, str]) -> TokenAddress:
    for name in _NEEDED:
        if name not in attributes:
            raise _WrongPartError(name)
    if ("pin-source" in attributes) == ("pin-value" in attributes):
        raise _WrongPartError("pin-source")
    source = attributes.get("pin-source")
    return TokenAddress(
        label=attributes["token"],
        module=_absolute("module-path", attributes["module-path"]),
        serial=attributes.get("serial", ""),
        pin_source=None if source is None else _absolute("pin-source", source.removeprefix("file:")),
        pin_value=attributes.get("pin-value", ""),
    )


def _absolute(name: str, text: str) -> Path:
    """A file by its whole path. A program that would print a PIN (`|…`) is refused, and is not called."""
    path = Path(text)
    if not path.is_absolute():
        raise _WrongPartError(name)
    return path
