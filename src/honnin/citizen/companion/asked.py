"""What a site asks for, as it stands in the address with which the browser comes, and the way back.

The answer is brought to one fixed address of the origin that is named, and to no other: where a site could
choose, any page of the same origin that forwards what it gets would give the answer away.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.parse import quote as percent_encoded

from honnin.citizen.login import checked_nonce
from honnin.errors import HonninError, Malformed
from honnin.profile.web_origin import checked_origin

BACK: Final = "/.well-known/honnin-companion"
"""Where a site that asks takes the answer: as RFC 8615 has it, a path that nothing else of it uses."""
DENIED: Final = "access_denied"
"""`error` of an answer: the person went back. Why, is not the site's to know (name as RFC 6749, 4.1.2.1)."""
INVALID: Final = "invalid_request"
LONGEST_QUERY: Final = (
    2048  # octets: an origin of 260, a challenge of 128, a state of 255 that is all encoded
)
_STATE: Final = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True)
class LoginAsked:
    """A login at `origin`, for this challenge; `state` comes back with the answer as it came."""

    origin: str
    nonce: str
    state: str

    @property
    def host(self) -> str:
        """Who asks, without the scheme."""
        return self.origin.partition("://")[2]

    @property
    def is_encoded_name(self) -> bool:
        """Whether a label of the name stands for other letters (RFC 5890, 2.3.2.1): it is shown as it is."""
        name = urlsplit(self.origin).hostname or ""
        return any(label.startswith("xn--") for label in name.split("."))

    def query(self) -> str:
        """As it came."""
        return _query({"origin": self.origin, "nonce": self.nonce, "state": self.state})

    def answer_address(self, token: Mapping[str, str]) -> str:
        """Where the browser brings the token (`citizen.login`)."""
        return self._back({"token": json.dumps(token, separators=(",", ":"))})

    def error_address(self, error: str) -> str:
        """Where the browser says that there is none: DENIED or INVALID."""
        return self._back({"error": error})

    def _back(self, fields: Mapping[str, str]) -> str:
        return f"{self.origin}{BACK}?{_query({**fields, 'state': self.state})}"


class WronglyAsked(Exception):
    """A site asked in a wrong way; `back` is where it can be told so."""

    def __init__(self, error: HonninError, back: str) -> None:
        super().__init__(error.code)
        self.error, self.back = error, back


def login_asked(query: bytes) -> LoginAsked:
    """What the query of an address asks for: `origin`, `nonce` and `state`, each once, and nothing else.

    Raises Malformed E_ASKED_MALFORMED, E_ASKED_ORIGIN; `WronglyAsked` with E_CHALLENGE_MALFORMED.
    """
    fields = _fields(query)
    try:
        origin = checked_origin(fields["origin"])
    except ValueError as error:
        raise Malformed("E_ASKED_ORIGIN") from error
    if not _STATE.fullmatch(fields["state"]):
        raise Malformed("E_ASKED_MALFORMED", field="state")
    asked = LoginAsked(origin, fields["nonce"], fields["state"])
    try:
        checked_nonce(asked.nonce)
    except Malformed as error:
        raise WronglyAsked(error, asked.error_address(INVALID)) from error
    return asked


def _fields(query: bytes) -> dict[str, str]:
    try:
        if len(query) > LONGEST_QUERY:
            raise ValueError
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=8,
        )
    except ValueError as error:
        raise Malformed("E_ASKED_MALFORMED", field="–") from error
    names = [name for name, _value in pairs]
    wanted = ("origin", "nonce", "state")
    for name in wanted:
        if names.count(name) != 1:
            raise Malformed("E_ASKED_MALFORMED", field=name)
    if len(names) != len(wanted):
        raise Malformed("E_ASKED_MALFORMED", field="–")
    return dict(pairs)


def _query(fields: Mapping[str, str]) -> str:
    return urlencode(fields, quote_via=percent_encoded)
