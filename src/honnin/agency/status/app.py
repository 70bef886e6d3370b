"""The status service over HTTP, as a bare WSGI application: OCSP by POST and GET, lists and CA certificates.

No framework stands between the socket and the answer. A synchronous server with threads carries this
shape fastest (see `benchmarks`), and the look-up in the records is synchronous anyway.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from honnin.agency.status.responder import Answer, StatusResponder

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
LONGEST_REQUEST = 4096
_MEDIA_TYPES = {".crl": "application/pkix-crl", ".cer": "application/pkix-cert"}


class StatusApplication:
    """`/ocsp` answers requests; `/crl/NAME.crl` and `/ca/NAME.cer` hand out what was published."""

    def __init__(self, responder: StatusResponder, publication: Path) -> None:
        self._responder = responder
        self._publication = publication

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if method == "POST" and path in ("/ocsp", "/ocsp/"):
            return self._ocsp(self._responder.answer(_body(environ)), start_response)
        if method == "GET" and path.startswith("/ocsp/"):
            return self._ocsp(self._responder.answer_path(path.removeprefix("/ocsp/")), start_response)
        if method in ("GET", "HEAD"):
            return self._published(path, start_response)
        return _plain(
            start_response, "405 Method Not Allowed", "POST /ocsp, GET /ocsp/…, GET /crl/…, GET /ca/…"
        )

    def _ocsp(self, answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
        keep = (
            f"max-age={answer.max_age}, public, no-transform, must-revalidate"
            if answer.max_age
            else "no-store"
        )
        headers = [
            ("Content-Type", "application/ocsp-response"),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", keep),
        ]
        start_response("200 OK", headers)
        return [answer.body]

    def _published(self, path: str, start_response: StartResponse) -> Iterable[bytes]:
        folder, _, name = path.lstrip("/").partition("/")
        media_type = _MEDIA_TYPES.get(Path(name).suffix)
        if folder not in ("crl", "ca") or "/" in name or media_type is None:
            return _plain(start_response, "404 Not Found", "There is no such list or certificate.")
        try:
            content = (self._publication / name).read_bytes()
        except (OSError, ValueError):  # not there, or a name that no file can have
            return _plain(start_response, "404 Not Found", "There is no such list or certificate.")
        start_response("200 OK", [("Content-Type", media_type), ("Content-Length", str(len(content)))])
        return [content]


def _body(environ: dict[str, Any]) -> bytes:
    """The request's body; one that announces no length or too much of it reads as empty, hence malformed."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    length = int(announced) if announced.isascii() and announced.isdigit() else 0
    if not 0 < length <= LONGEST_REQUEST:
        return b""
    content: bytes = environ["wsgi.input"].read(length)
    return content


def _plain(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    body = (text + "\n").encode("utf-8")
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]
