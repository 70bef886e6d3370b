"""Serves the agency's end of the lines: TLS 1.3, and nobody without a certificate of the lines' authority."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from honnin.wire.https.app import CERTIFICATE, LineApplication, Receive, Scope, Send

MOST_CONNECTIONS = 1024


class _PeerProtocol(H11Protocol):
    """HTTP/1.1 that passes on the certificate with which the other end has proved itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls else None
        self.app: Any = partial(_with_certificate, self.app, certificate)


async def _with_certificate(
    application: Any, certificate: bytes | None, scope: Scope, receive: Receive, send: Send
) -> None:
    scope[CERTIFICATE] = certificate
    await application(scope, receive, send)


class LineServer(uvicorn.Server):
    """A server that handles no signals itself: its caller handles them and sets `should_exit`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def line_server(
    application: LineApplication, port: int, *, certificate: Path, key: Path, authority: Path, host: str
) -> LineServer:
    """A server that is yet to run (`run`, or `serve` in a loop of one's own)."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=_PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=20,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=str(authority),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    config.load()
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return LineServer(config)
