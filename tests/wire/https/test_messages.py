"""What is sent over a line and is no message: its length, its form, its version, its answer."""

from contextlib import closing, suppress

import pytest

from honnin.agency.requests.models import AnsweredRequest
from honnin.errors import (
    Conflict,
    HonninError,
)
from honnin.wire import codec, envelope
from honnin.wire.envelope import PROTOCOL
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from honnin.wire.messages.certificates import LossReported, PersonState
from tests.wire.https.ends import DONE, HERE, LOSS, QUESTION, Agency, connected, error_in, sent

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
