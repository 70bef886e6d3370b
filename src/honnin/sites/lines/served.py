"""The agency's end of the lines, with its rooms behind it."""

from collections.abc import Callable

from django.db import close_old_connections

from honnin.agency.reception import reception
from honnin.agency.requests.services import OnceInDatabase
from honnin.clock import Clock, SystemClock
from honnin.errors import Unavailable
from honnin.sites.processes.serving import require_free_port
from honnin.wire.https.app import LineApplication
from honnin.wire.https.server import LineServer, line_server
from honnin.wire.line import Party
from honnin.wire.peers import Peers
from honnin.wire.reception import Reception


def agency_answer(clock: Clock) -> Callable[[Party, bytes], bytes]:
    """Who answers requests of the lines, at the time of a clock; its threads keep no broken connection."""
    behind = Reception(reception(clock), OnceInDatabase(clock))

    def answer(party: Party, content: bytes) -> bytes:
        close_old_connections()
        try:
            return behind.answer(party, content)
        finally:
            close_old_connections()

    return answer


def agency_end(peers: Peers, port: int, host: str) -> LineServer:
    """The server that answers all peers. Raises Unavailable E_PEERS_MISSING, E_PORT_IN_USE."""
    certificate, key = peers.agency
    if not all(path.is_file() for path in (certificate, key, peers.authority)):
        raise Unavailable("E_PEERS_MISSING")
    require_free_port(port)
    application = LineApplication(peers.party, agency_answer(SystemClock()))
    return line_server(
        application, port, certificate=certificate, key=key, authority=peers.authority, host=host
    )
