"""The ends of a line: who speaks, what is said, and an agency that counts what it carries out."""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection

import pytest

from honnin.errors import (
    HonninError,
)
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.wire import envelope
from honnin.wire.https.client import client_context as tls_of
from honnin.wire.invitations import Invitation
from honnin.wire.line import Party, Sender
from honnin.wire.messages.certificates import AskPersonState, LossReported, PersonState, ReportLoss
from honnin.wire.peers import AGENCY_HOST

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
