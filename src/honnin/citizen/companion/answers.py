"""Answers over HTTP: pages, files of the look, ways elsewhere; and what a browser is told of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from honnin.citizen.companion.frame import STYLES, Page
from honnin.citizen.companion.request import Send
from honnin.errors import HonninError
from honnin.look import FOLDER

HTTP_STATUS: Final = {
    "refused": 422,
    "not_allowed": 403,
    "malformed": 400,
    "untrusted": 403,
    "conflict": 409,
    "unavailable": 503,
    "card_error": 409,
}
_HTML, _CSS, _SVG = "text/html; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"
_FILES: Final = {**dict.fromkeys(STYLES, _CSS), "icon.svg": _SVG}
_ALWAYS: Final = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    # Not "no-referrer": with that a browser would not say of our own forms where they come from.
    ("referrer-policy", "same-origin"),
)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `leads_to`: an origin to which a form on the page may lead, besides our own."""

    status: int
    content: bytes = b""
    kind: str = _HTML
    headers: tuple[tuple[str, str], ...] = ()
    leads_to: str = ""

    async def send(self, send: Send) -> None:
        """To a server of ASGI. After an error the connection ends: what is left of a body is not read."""
        headers = [
            *_ALWAYS,
            ("content-security-policy", self._policy()),
            ("content-type", self.kind),
            ("content-length", str(len(self.content))),
            *self.headers,
            *((("connection", "close"),) if self.status >= 400 else ()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": _encoded(headers)})
        await send({"type": "http.response.body", "body": self.content})

    def _policy(self) -> str:
        """No script, no frame, nothing of others. A form leads where its answer is redirected to, too."""
        # A policy cannot name an IPv6 address (CSP 3, 2.3.1).
        also = "http:" if "[" in self.leads_to else self.leads_to
        forms = f"form-action 'self' {also}".rstrip()
        return (
            f"default-src 'none'; style-src 'self'; img-src 'self'; {forms}; frame-ancestors 'none'; "
            "base-uri 'none'"
        )


def page(page: Page, *, status: int = 200, leads_to: str = "") -> Answer:
    """A page."""
    return Answer(status, page.octets(), leads_to=leads_to)


def status_of(error: HonninError) -> int:
    """The status that goes with an error."""
    if error.code == "E_BODY_TOO_LARGE":
        return 413
    return 408 if error.code == "E_BODY_TOO_SLOW" else HTTP_STATUS[error.kind]


def see_other(address: str, *headers: tuple[str, str]) -> Answer:
    """The browser goes there, and what was sent is not sent again."""
    return Answer(303, headers=(("location", address), *headers))


def plain(status: int, text: str) -> Answer:
    """A line for whoever is told nothing else."""
    return Answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def file(name: str) -> Answer | None:
    """A file of the look; None for what is none."""
    kind = _FILES.get(name)
    return None if kind is None else Answer(200, (FOLDER / "honnin" / name).read_bytes(), kind)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
