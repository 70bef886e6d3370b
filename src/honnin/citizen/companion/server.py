"""Serves a companion on this machine alone, by HTTP/1.1."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from honnin.citizen.companion.access import LOOPBACK
from honnin.citizen.companion.app import CompanionApplication
from honnin.errors import Unavailable

_MOST_CONNECTIONS: Final = 64


class CompanionServer(uvicorn.Server):
    """A server that handles no signals itself: its caller handles them and sets `should_exit`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listening(port: int) -> socket.socket:
    """A socket that listens at that port of this machine, or at a free one for 0.

    Raises Unavailable E_COMPANION_PORT_IN_USE, E_PORT_FORBIDDEN.
    """
    listener = socket.socket()
    try:
        # Where somebody listens still, this does not let us in; where somebody did, it does.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable("E_COMPANION_PORT_IN_USE", port=port) from error
        if error.errno == errno.EACCES:
            raise Unavailable("E_PORT_FORBIDDEN", port=port) from error
        raise
    return listener


def companion_server(application: CompanionApplication) -> CompanionServer:
    """A server that is yet to run, with `run([listening(port)])`."""
    return CompanionServer(
        uvicorn.Config(
            application,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
    )
