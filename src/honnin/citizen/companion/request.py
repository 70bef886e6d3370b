"""A request as it came, as far as anybody looks at it."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from honnin.citizen.companion.peer import Address
from honnin.errors import Language, language_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """Method, address, headers and the two ends of the connection."""

    scope: Scope

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def query(self) -> bytes:
        return bytes(self.scope["query_string"])

    @property
    def ends(self) -> tuple[Address, Address]:
        """The client's and ours."""
        client, server = self.scope["client"], self.scope["server"]
        return (str(client[0]), int(client[1])), (str(server[0]), int(server[1]))

    def header(self, name: str) -> str | None:
        """A header's value; None where there is none, an empty text where there are several."""
        found = [value for key, value in self.scope["headers"] if key == name.encode()]
        return None if not found else found[0].decode("latin-1") if len(found) == 1 else ""

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (each.partition("=") for each in (self.header("cookie") or "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def chosen_language(self) -> Language | None:
        """What a link to another language says (`?language=en`)."""
        chosen = re.fullmatch(rb"language=(ja|en)", self.query)
        return language_of(chosen[1].decode()) if chosen else None

    @property
    def language(self) -> Language:
        """The language that was chosen, or else the browser's."""
        return self.chosen_language or language_of(self.header("accept-language"))
