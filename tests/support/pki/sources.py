"""Real sources of status to verify against: a responder on the loopback, and lists in files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509

from honnin.clock import Clock
from honnin.errors import Malformed
from honnin.law.terms import Purpose
from honnin.pkix.crl import build_crl, revoked_entry
from honnin.pkix.ocsp import (
    CertStatus,
    ErrorStatus,
    Responder,
    RevokedInfo,
    StatusAnswer,
    cert_id_of,
    error_response,
    parse_request,
)
from honnin.profile import crl as lists
from tests.support.pki import specimen

HOUR = timedelta(hours=1)


class SmallResponder:
    """Knows what it is told: statuses by purpose and serial number."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.statuses: dict[tuple[Purpose, int], RevokedInfo | CertStatus] = {}
        self.failure: ErrorStatus | None = None
        self.asked = 0

    def respond(self, encoded: bytes) -> bytes:
        self.asked += 1
        if self.failure is not None:
            return error_response(self.failure)
        try:
            request = parse_request(encoded)
        except Malformed:
            return error_response(ErrorStatus.MALFORMED_REQUEST)
        cert_id = request.cert_id
        for purpose in Purpose:
            issuer = specimen.authority(purpose).certificate
            if cert_id == cert_id_of(issuer, cert_id.serial_number, cert_id.hash_name):
                break
        else:
            return error_response(ErrorStatus.UNAUTHORIZED)
        now = self._clock.now()
        status = self.statuses.get((purpose, cert_id.serial_number), CertStatus.UNKNOWN)
        certificate = specimen.responder_certificate(purpose)
        responder = Responder(
            certificate, specimen.encoded(certificate), specimen.signer(f"responder {purpose}")
        )
        answer = StatusAnswer(cert_id, status, now - HOUR, now + HOUR)
        return responder.respond(answer, produced_at=now, nonce=request.nonce)


@contextmanager
def serving(respond: object) -> Iterator[str]:
    """The address of an HTTP server that answers each POST or GET with `respond(body)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = respond(body)  # type: ignore[operator]
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ocsp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_list(
    path: Path,
    purpose: Purpose,
    revoked: dict[int, x509.ReasonFlags],
    *,
    age: timedelta = HOUR,
    place: object = specimen.PLACE,
) -> Path:
    """A partition of a municipality in a file."""
    authority = specimen.authority(purpose)
    this_update = specimen.NOW - age
    parts = lists.partition(authority.issuer, place, lists.Edition(1, this_update))  # type: ignore[arg-type]
    entries = b"".join(revoked_entry(serial, this_update, reason) for serial, reason in revoked.items())
    path.write_bytes(build_crl(parts, entries, authority.sign))
    return path
