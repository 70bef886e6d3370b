"""A line between two machines that is cut, doubled, late, forged or attacked: a named error each, one act."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from honnin.agency.requests.models import AnsweredRequest
from honnin.agency.requests.services import KEPT_FOR, OnceInDatabase
from honnin.clock import FixedClock, SystemClock
from honnin.errors import (
    Conflict,
    HonninError,
    Malformed,
    NotAllowed,
    Refusal,
    Refused,
    Unavailable,
    Untrusted,
)
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.sites.chores.round import CHORES
from honnin.sites.declaration.chore import Outcome
from honnin.wire import codec, envelope, invitations
from honnin.wire.envelope import PROTOCOL
from honnin.wire.https.client import HttpsLine, HttpsLines
from honnin.wire.https.client import client_context as tls_of
from honnin.wire.invitations import Invitation
from honnin.wire.line import Party, Sender
from honnin.wire.messages.certificates import AskPersonState, LossReported, PersonState, ReportLoss
from honnin.wire.peers import AGENCY_HOST, Peers
from honnin.wire.reception import Reception
from tests.support.servers.lines import Cut, Served, served

TOWN = Party("municipality", MunicipalityCode("99101"))
HERE = Sender("municipality", MunicipalityCode("99101"), "hanako")
LOSS, QUESTION = ReportLoss(PersonCode("99000000001")), AskPersonState(PersonCode("99000000001"))
DONE = LossReported(True)


class Agency:
    """Counts what it carries out."""

    def __init__(self) -> None:
        self.acts = self.questions = 0
        self.before: Callable[[], object] = lambda: None

    def told(self, _sender: Sender, _message: AskPersonState) -> PersonState:
        self.questions += 1
        return PersonState((), (), notices=self.questions)

    def report(self, _sender: Sender, _message: ReportLoss) -> LossReported:
        self.before()
        self.acts += 1
        return DONE


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Peers:
    made = Peers(tmp_path_factory.mktemp("lines") / "peers")
    made.init(SystemClock().now())
    return made


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def end(peers: Peers, agency: Agency, committed: None) -> Iterator[Served]:
    reception = Reception(
        {ReportLoss: agency.report, AskPersonState: agency.told}, OnceInDatabase(SystemClock())
    )
    with served(peers, reception.answer, timeout=1) as running:
        yield running


@pytest.fixture
def invitation(peers: Peers, end: Served) -> Invitation:
    return peers.invite(TOWN, end.address, SystemClock().now())


def sent(invitation: Invitation, content: bytes, **headers: str) -> tuple[int, bytes]:
    """What is answered to a body, whatever it is."""
    port = int(invitation.address.rpartition(":")[2])
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.sock = connected(invitation)
        connection.request("POST", "/messages", content, {"Content-Type": "application/json"} | headers)
        with connection.getresponse() as response:
            return response.status, response.read()


def connected(invitation: Invitation) -> ssl.SSLSocket:
    port = int(invitation.address.rpartition(":")[2])
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    return tls_of(invitation).wrap_socket(plain, server_hostname=AGENCY_HOST)


def error_in(answer: bytes) -> HonninError:
    with pytest.raises(HonninError) as raised:
        envelope.read_answer("0" * 32, LossReported, answer)
    return raised.value


# — Cut, doubled, late ————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("way", ["request", "answer"])
def test_a_line_that_is_cut_at_an_octet_carries_the_act_out_once(
    way: str, end: Served, agency: Agency, invitation: Invitation, request: pytest.FixtureRequest
) -> None:
    whole = Cut(end.port)
    HttpsLine(replace(invitation, address=whole.address)).ask(LOSS, HERE.staff)
    octets, expected = whole.passed[way], 1
    every = 1 if request.config.getoption("--long") else 149
    for at in range(1, octets, every):
        with closing(Cut(end.port, **{way: at})) as cut:
            assert HttpsLine(replace(invitation, address=cut.address)).ask(LOSS, HERE.staff) == DONE
            expected += 1
            assert (at, agency.acts) == (at, expected)
            assert cut.connections == 2
    whole.close()


def test_what_is_sent_twice_is_carried_out_once_and_answered_alike(
    agency: Agency, invitation: Invitation
) -> None:
    request = envelope.write_request(envelope.new_number(), "hanako", LOSS)
    first, second = sent(invitation, request), sent(invitation, request)
    assert first == second
    assert first[0] == 200
    with ThreadPoolExecutor(6) as together:
        request = envelope.write_request(envelope.new_number(), "hanako", LOSS)
        answers = set(together.map(lambda _: sent(invitation, request), range(6)))
    assert len(answers) == 1
    assert agency.acts == 2


def test_the_number_of_another_request_is_refused(agency: Agency, invitation: Invitation) -> None:
    number = envelope.new_number()
    assert sent(invitation, envelope.write_request(number, "hanako", LOSS))[0] == 200
    other = envelope.write_request(number, "taro", LOSS)
    assert (
        error_in(sent(invitation, other)[1].replace(number.encode(), b"0" * 32)).code
        == "E_REQUEST_NUMBER_REUSED"
    )
    assert agency.acts == 1


def test_a_request_that_was_refused_is_looked_at_anew(agency: Agency, invitation: Invitation) -> None:
    def refuse() -> None:
        raise Refused(Refusal("E_UNDER_AGE"))

    request = envelope.write_request("0" * 32, "hanako", LOSS)
    agency.before = refuse
    assert error_in(sent(invitation, request)[1]).code == "E_UNDER_AGE"
    agency.before = lambda: None
    assert envelope.read_answer("0" * 32, LossReported, sent(invitation, request)[1]) == DONE


def test_an_answer_that_comes_too_late_is_told_and_the_act_was_done_once(
    agency: Agency, invitation: Invitation
) -> None:
    go_on = threading.Event()
    agency.before = lambda: go_on.wait(10)
    line = HttpsLine(invitation, timeout=0.2)
    with pytest.raises(Unavailable, match="E_LINE_CUT"):
        line.ask(LOSS, HERE.staff)
    go_on.set()
    assert HttpsLine(invitation).ask(LOSS, HERE.staff) == DONE
    assert agency.acts == 2


def test_answers_are_kept_for_an_hour(invitation: Invitation) -> None:
    HttpsLine(invitation).ask(LOSS, HERE.staff)
    now = SystemClock().now()
    chore = next(each for each in CHORES if each.kind == "requests")
    assert [chore.due(FixedClock(now + after)) for after in (KEPT_FOR / 2, KEPT_FOR)] == [0, 1]
    chore.do(FixedClock(now + KEPT_FOR / 2), Outcome())
    assert AnsweredRequest.objects.count() == 1
    chore.do(FixedClock(now + KEPT_FOR), outcome := Outcome())
    assert [each.kind for each in outcome.done] == ["requests"]
    assert not AnsweredRequest.objects.exists()


def test_a_fault_of_the_agencys_end_is_told_and_nothing_is_kept(
    agency: Agency, invitation: Invitation
) -> None:
    def fail() -> None:
        raise RuntimeError("a name that nobody may see")

    agency.before = fail
    with pytest.raises(Unavailable, match="E_REQUEST_FAILED") as raised:
        HttpsLine(invitation).ask(LOSS, HERE.staff)
    assert "nobody" not in str(raised.value)
    assert not AnsweredRequest.objects.exists()


# — Who speaks ————————————————————————————————————————————————————————————————————————————————————————


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


# — What is sent ——————————————————————————————————————————————————————————————————————————————————————

GOOD = {
    "protocol": PROTOCOL,
    "number": "0" * 32,
    "staff": "",
    "message": "ReportLoss",
    "body": {"person_code": "99000000001"},
}
BOMBS = {
    "nothing": b"",
    "no JSON": b"\xff\xfe",
    "deep": b"[" * 1_000_000,
    "deep members": b'{"a":' * 300_000,
    "long number": b'{"protocol":' + b"9" * 1_000_000 + b"}",
    "not a number": b'{"protocol":NaN}',
    "true": b'{"protocol":true}',
    "twice": codec.written(GOOD).replace(b'"staff"', b'"staff":"a","staff"'),
    "a list": b"[]",
    "more": codec.written(GOOD | {"sender": "99102"}),
    "less": codec.written({name: value for name, value in GOOD.items() if name != "staff"}),
    "number": codec.written(GOOD | {"number": "../x"}),
    "line end": codec.written(GOOD | {"number": "0" * 32 + "\n"}),
    "staff": codec.written(GOOD | {"staff": 1}),
    "long staff": codec.written(GOOD | {"staff": "a" * 201}),
    "unknown": codec.written(GOOD | {"message": "Party"}),
    "attribute": codec.written(GOOD | {"message": "__class__"}),
    "body": codec.written(GOOD | {"body": [1]}),
    "field": codec.written(GOOD | {"body": {"person_code": 1}}),
    "NUL": codec.written(GOOD | {"body": {"person_code": "\0"}}),
}


def test_what_is_no_request_is_called_that(agency: Agency, invitation: Invitation) -> None:
    for name, bomb in BOMBS.items():
        status, answer = sent(invitation, bomb)
        assert (name, status, error_in(answer).code) == (name, 200, "E_MESSAGE_MALFORMED")
    assert agency.acts == 0
    assert sent(invitation, codec.written(GOOD))[0] == 200
    assert agency.acts == 1


def test_a_body_of_ten_megabytes_is_left_where_it_becomes_too_long(
    agency: Agency, invitation: Invitation
) -> None:
    with suppress(OSError):  # it may hang up before all is sent
        status, answer = sent(invitation, bytes(10_000_000))
        assert (status, error_in(answer).code) == (413, "E_MESSAGE_TOO_LARGE")
    with closing(connected(invitation)) as line:
        line.sendall(
            b"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Content-Length: 5000000\r\n\r\n" + bytes(4_300_000)
        )
        assert line.recv(12) == b"HTTP/1.1 413"
    assert agency.acts == 0


def test_a_body_that_does_not_come_is_not_waited_for(agency: Agency, invitation: Invitation) -> None:
    with closing(connected(invitation)) as line:
        line.sendall(
            b"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Content-Length: 9\r\n\r\n{"
        )
        assert line.recv(12) == b"HTTP/1.1 408"
    assert HttpsLine(invitation).ask(LOSS, HERE.staff) == DONE


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /messages HTTP/1.1", b"405"),
        (b"POST /other HTTP/1.1", b"404"),
        (b"POST /messages HTTP/1.1\r\nContent-Type: text/plain", b"415"),
        (b"nonsense", b"400"),
    ],
)
def test_what_is_asked_otherwise_has_its_status(invitation: Invitation, line: bytes, status: bytes) -> None:
    with closing(connected(invitation)) as open_line:
        open_line.sendall(line + b"\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        assert open_line.recv(12) == b"HTTP/1.1 " + status


def answered(error: bytes, number: bytes = b"") -> bytes:
    return b'{"protocol":%d,"number":"%b","error":%b}' % (PROTOCOL, number, error)


def test_another_version_is_named_on_both_sides(invitation: Invitation, agency: Agency) -> None:
    newer = codec.written(GOOD | {"protocol": PROTOCOL + 1, "what": "came later"})
    error = error_in(sent(invitation, newer)[1])
    assert isinstance(error, Conflict)
    assert (error.code, dict(error.context)) == (
        "E_PROTOCOL_VERSION",
        {"theirs": PROTOCOL + 1, "ours": PROTOCOL},
    )
    assert agency.acts == 0
    with pytest.raises(Conflict, match=f"E_PROTOCOL_VERSION theirs=7 ours={PROTOCOL}"):
        envelope.read_answer("0" * 32, LossReported, b'{"protocol":7}')


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"protocol":%d,"number":"1","reply":{"was_open":true}}' % PROTOCOL, "E_MESSAGE_MALFORMED"),
        (
            answered(b'{"kind":"conflict","code":"E_OVERTAKEN","context":{}}', b"1"),
            "E_MESSAGE_MALFORMED",
        ),
        (
            answered(b'{"kind":"conflict","code":"E_LATER","context":{}}'),
            "E_ERROR_UNKNOWN",
        ),
        (
            answered(b'{"kind":"later","code":"E_OVERTAKEN","context":{}}'),
            "E_ERROR_UNKNOWN",
        ),
        (answered(b'{"kind":"refused","refusals":[]}'), "E_MESSAGE_MALFORMED"),
        (
            answered(b'{"kind":"conflict","code":"E_OVERTAKEN","context":{"a":1.5}}'),
            "E_MESSAGE_MALFORMED",
        ),
        (answered(b"[]"), "E_MESSAGE_MALFORMED"),
        (b"<html>", "E_MESSAGE_MALFORMED"),
    ],
)
def test_an_answer_that_is_none_is_called_that(content: bytes, code: str) -> None:
    with pytest.raises(HonninError) as raised:
        envelope.read_answer("0" * 32, LossReported, content)
    assert raised.value.code == code


def test_a_question_is_asked_anew_and_its_answer_is_not_kept(agency: Agency, invitation: Invitation) -> None:
    request = envelope.write_request("0" * 32, "hanako", QUESTION)
    for answers in (1, 2):
        answer = sent(invitation, request)[1]
        assert envelope.read_answer("0" * 32, PersonState, answer) == PersonState((), (), notices=answers)
    assert not AnsweredRequest.objects.exists()


def test_an_invitation_is_read_as_it_was_written(tmp_path: Path, invitation: Invitation) -> None:
    path = tmp_path / "mihon.json"
    path.write_bytes(invitations.written(invitation))
    assert invitations.read(path) == invitation
    assert HttpsLine(invitations.read(path)).ask(LOSS, HERE.staff) == DONE


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-9],
        lambda whole: b"[]",
        lambda whole: b"",
        lambda whole: whole.replace(b'"role"', b'"rule"'),
        lambda whole: whole.replace(b'"99101"', b"99101"),
    ],
)
def test_what_is_no_invitation_is_called_that(
    tmp_path: Path, invitation: Invitation, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "mihon.json"
    path.write_bytes(change(invitations.written(invitation)))
    with pytest.raises(Malformed, match="E_INVITATION"):
        invitations.read(path)


@pytest.mark.parametrize("part", ["certificate", "key", "authority"])
def test_an_invitation_without_its_key_or_certificates_is_called_that(
    invitation: Invitation, part: str
) -> None:
    for text in ("", "x", "-----BEGIN CERTIFICATE-----"):
        with pytest.raises(Malformed, match="E_INVITATION"):
            HttpsLine(replace(invitation, **{part: text}))
