"""From a request that has arrived whole to a WSGI application and back (PEP 3333).

The application is called in a thread and its answer taken whole, so that a client who reads slowly holds no
thread. Answers are pages and copies of at most a few megabytes; nothing here streams.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = dict[str, Any]
Environ = dict[str, Any]
_FRAMING = ("content-length", "transfer-encoding")
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers and its body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by their names in small letters; repeated ones are joined (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for encoded_name, encoded in scope["headers"]:
        name, value = encoded_name.decode("latin-1").lower(), encoded.decode("latin-1")
        if name in found:
            value = found[name] + ("; " if name == "cookie" else ",") + value
        found[name] = value
    return found


def environ_of(scope: Scope, headers: dict[str, str], body: BytesIO) -> Environ:
    """What PEP 3333 calls a request. The body is there whole, so its length is known however it came."""
    server, client = scope.get("server") or ("", ""), scope.get("client") or ("", "")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(body.getbuffer().nbytes),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif "_" not in name and name not in _FRAMING:  # a `_` would pass for a `-`
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def called(application: Application, environ: Environ) -> Reply:
    """What a WSGI application answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started.append((status, headers))

    parts = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = started[-1]
    return Reply(int(status.split(" ", 1)[0]), encoded(headers), body)


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as they go to the server."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
