"""What every line keeps, in one process and between two machines: the same tests for both."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from honnin.agency.requests.services import OnceInDatabase
from honnin.clock import SystemClock
from honnin.errors import (
    CardError,
    Conflict,
    HonninError,
    Malformed,
    NotAllowed,
    Refusal,
    Refused,
    Unavailable,
    Untrusted,
)
from honnin.identifiers import MunicipalityCode, PersonCode, SerialNumber
from honnin.law.terms import Purpose
from honnin.translation import Sentence
from honnin.wire.https.client import HttpsLine
from honnin.wire.line import Handler, InProcessLine, Line, Message, Party, Sender
from honnin.wire.messages.certificates import AskPersonState, PersonState, ReportLoss
from honnin.wire.messages.issuance import IssuanceStep, IssuedCertificate, RelayAnswers
from honnin.wire.peers import Peers
from honnin.wire.reception import Reception
from tests.support.servers.lines import served

HERE = Sender("municipality", MunicipalityCode("99101"), "花子")
TODAY = date(2026, 11, 30)
QUESTION = AskPersonState(PersonCode("99000000001"))
NOBODY = PersonState((), ())
Plug = Callable[[Mapping[type, Handler]], Line]


@pytest.fixture(params=["in process", "https"])
def plug(request: pytest.FixtureRequest, tmp_path: Path, committed: None) -> Iterator[Plug]:
    """Makes a line to some handlers."""
    with ExitStack() as opened:

        def over_https(handlers: Mapping[type, Handler]) -> Line:
            now, peers = SystemClock().now(), Peers(tmp_path / "peers")
            peers.init(now)
            reception = Reception(handlers, OnceInDatabase(SystemClock()))
            running = opened.enter_context(served(peers, reception.answer))
            return HttpsLine(
                peers.invite(Party("municipality", MunicipalityCode("99101")), running.address, now)
            )

        in_process = partial(InProcessLine, party=HERE.party)
        yield in_process if request.param == "in process" else over_https


def test_a_message_arrives_with_its_sender_and_its_reply_comes_back(plug: Plug) -> None:
    arrived: list[tuple[Sender, object]] = []
    step = IssuanceStep(
        "1", (b"\x00\xff",), False, (IssuedCertificate(Purpose.SIGNATURE, SerialNumber(7), TODAY),)
    )

    def answer(sender: Sender, message: RelayAnswers) -> IssuanceStep:
        arrived.append((sender, message))
        return step

    sent = RelayAnswers("１", (b"\x90\x00",))
    assert plug({RelayAnswers: answer}).ask(sent, HERE.staff) == step
    assert arrived == [(HERE, sent)]
    assert arrived[0][1] is not sent


def test_a_message_nobody_answers_and_a_reply_of_another_kind_are_malformed(plug: Plug) -> None:
    line = plug({AskPersonState: lambda _sender, _message: IssuanceStep("1", (), True, ())})
    messages: tuple[Message[Any], ...] = (ReportLoss(PersonCode("99000000001")), QUESTION)
    for message in messages:
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            line.ask(message, HERE.staff)


def test_a_name_of_staff_that_no_account_has_is_malformed(plug: Plug) -> None:
    line = plug({AskPersonState: lambda _sender, _message: PersonState((), ())})
    assert line.ask(QUESTION, "x" * 200) == PersonState((), ())
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line.ask(QUESTION, "x" * 201)


ERRORS: list[HonninError] = [
    Refused(Refusal("E_UNDER_AGE"), Refusal("E_CARD_MISSING", ("S4-2.2", "act/3"), (("limit", 15),))),
    NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence("municipality")),
    Malformed("E_MESSAGE_MALFORMED", message="RequestIssuance"),
    Untrusted("E_LINE_UNTRUSTED", reason="self-signed"),
    Conflict("E_PROTOCOL_VERSION", theirs=2, ours=1),
    Unavailable(
        "E_SERVER_NOT_STARTED", port=8600, reason=Sentence("{said}", said=Sentence("Permission denied"))
    ),
    CardError("E_PIN_WRONG", tries_left=2),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error.kind))
def test_an_error_comes_back_as_it_was_raised_and_is_said_in_both_languages(
    plug: Plug, error: HonninError
) -> None:
    def refuse(_sender: Sender, _message: object) -> object:
        raise error

    with pytest.raises(type(error)) as raised:
        plug({AskPersonState: refuse}).ask(QUESTION, HERE.staff)
    back = raised.value
    assert type(back) is type(error)
    assert (back.code, dict(back.context), str(back)) == (error.code, dict(error.context), str(error))
    assert getattr(back, "refusals", None) == getattr(error, "refusals", None)
    assert [back.sentence("ja"), back.sentence("en")] == [error.sentence("ja"), error.sentence("en")]
