"""Lines of peers that are revoked, forged, of somebody else, or of nobody: refused by name."""

import socket
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from honnin.clock import SystemClock
from honnin.errors import (
    Malformed,
    NotAllowed,
    Unavailable,
    Untrusted,
)
from honnin.identifiers import MunicipalityCode
from honnin.wire import envelope
from honnin.wire.https.client import HttpsLine, HttpsLines
from honnin.wire.invitations import Invitation
from honnin.wire.peers import Peers
from tests.support.servers.lines import Served
from tests.wire.https.ends import DONE, HERE, LOSS, TOWN, Agency, connected


def test_a_peer_that_was_revoked_is_refused_with_its_next_request(
    peers: Peers, end: Served, agency: Agency, invitation: Invitation
) -> None:
    with closing(connected(invitation)) as open_line:
        assert peers.revoke(invitation.fingerprint[:20]).revoked
        with pytest.raises(NotAllowed, match="E_PEER_REVOKED"):
            HttpsLine(invitation).ask(LOSS, HERE.staff)
        request = envelope.write_request("0" * 32, "hanako", LOSS)
        head = "POST /messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        head += f"Connection: close\r\nContent-Length: {len(request)}\r\n\r\n"
        open_line.sendall(head.encode() + request)
        assert b"E_PEER_REVOKED" in b"".join(iter(partial(open_line.recv, 65536), b""))
    assert agency.acts == 0


def test_a_line_speaks_for_its_own_party_alone(agency: Agency, invitation: Invitation) -> None:
    lines = HttpsLines([invitation])
    for other in (MunicipalityCode("99102"), None, MunicipalityCode("")):
        with pytest.raises(Unavailable, match="E_LINE_MISSING"):
            lines.of(other)
    assert lines.of(MunicipalityCode("99101")).ask(LOSS, HERE.staff) == DONE
    assert agency.acts == 1


def test_certificates_of_another_authority_and_of_the_other_end_open_no_line(
    tmp_path: Path, peers: Peers, end: Served, agency: Agency, invitation: Invitation
) -> None:
    now, strangers = SystemClock().now(), Peers(tmp_path / "strangers")
    strangers.init(now)
    stranger = strangers.invite(TOWN, end.address, now)
    with pytest.raises(Untrusted, match="E_LINE_UNTRUSTED"):
        HttpsLine(stranger).ask(LOSS, HERE.staff)
    certificate, key = peers.agency
    as_agency = replace(invitation, certificate=certificate.read_text(), key=key.read_text())
    for each in (replace(stranger, authority=invitation.authority), as_agency):
        with pytest.raises((Unavailable, Untrusted), match=r"E_LINE_(CUT|REFUSED)"):
            HttpsLine(each).ask(LOSS, HERE.staff)
    assert agency.acts == 0


def test_whoever_answers_with_a_peers_certificate_is_not_the_agency(
    peers: Peers, invitation: Invitation
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile("w") as file:
        file.write(invitation.certificate + invitation.key)
        file.flush()
        context.load_cert_chain(file.name)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as line:
                line.recv(1)

        greeting = threading.Thread(target=greet)
        greeting.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Untrusted, match="E_LINE_UNTRUSTED"):
            HttpsLine(replace(invitation, address=address)).ask(LOSS, HERE.staff)
        greeting.join()


def plain_connection(end: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", end.port), timeout=5)


def test_without_a_certificate_nothing_is_heard(end: Served) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), context.wrap_socket(plain_connection(end)) as line:
        line.sendall(b"POST /messages HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not line.recv(100)
    with plain_connection(end) as plain:
        plain.sendall(b"POST /messages HTTP/1.1\r\nHost: a\r\n\r\n")
        with suppress(ConnectionResetError):
            assert b"HTTP/1.1 200" not in plain.recv(1000)


def test_nobody_is_there(peers: Peers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"https://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unavailable, match="E_LINE_UNREACHABLE"):
        HttpsLine(peers.invite(TOWN, address, SystemClock().now())).ask(LOSS, HERE.staff)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "https://", "127.0.0.1:1", "https://a/b", "", "https://a:x"]
)
def test_an_address_that_is_none_is_named(peers: Peers, address: str) -> None:
    with pytest.raises(Malformed, match="E_LINE_ADDRESS"):
        HttpsLine(peers.invite(TOWN, address, SystemClock().now()))
