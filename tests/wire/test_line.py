"""The line inside one process: both ends see bytes only, and errors come back as they were raised."""

from dataclasses import dataclass
from typing import cast

import pytest

from honnin.errors import Malformed, Refusal, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.terms import Purpose
from honnin.wire.line import InProcessLine, InProcessLines, Message, Sender, line_to, plug, plugged
from honnin.wire.messages.certificates import AskPersonState, PersonState
from honnin.wire.messages.issuance import IssuanceStep, RelayAnswers

HERE = Sender("municipality", MunicipalityCode("99101"), "hanako")


def test_what_arrives_is_another_object_of_the_same_content() -> None:
    arrived: list[object] = []

    def answer(sender: Sender, message: AskPersonState) -> PersonState:
        arrived.append(message)
        return PersonState((), ())

    sent = AskPersonState(PersonCode("99000000001"))
    InProcessLine({AskPersonState: answer}, HERE.party).ask(sent, HERE.staff)
    assert arrived == [sent]
    assert arrived[0] is not sent


def test_a_message_nobody_answers_is_malformed() -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        InProcessLine({}, HERE.party).ask(AskPersonState(PersonCode("99000000001")), HERE.staff)


def test_a_reply_of_another_kind_is_malformed() -> None:
    line = InProcessLine(
        {AskPersonState: lambda _sender, _message: IssuanceStep("1", (), True, ())}, HERE.party
    )
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line.ask(AskPersonState(PersonCode("99000000001")), HERE.staff)


def test_a_refusal_comes_back_with_every_reason() -> None:
    refusals = (Refusal("E_UNDER_AGE"), Refusal("E_CARD_MISSING", ("S4-2.2",)))

    def refuse(_sender: Sender, _message: object) -> object:
        raise Refused(*refusals)

    with pytest.raises(Refused) as refused:
        InProcessLine({RelayAnswers: refuse}, HERE.party).ask(RelayAnswers("1", (b"\x90\x00",)), HERE.staff)
    assert refused.value.refusals == refusals


def test_a_field_that_no_message_can_carry_does_not_pass() -> None:
    @dataclass(frozen=True)
    class Odd(Message[PersonState]):
        reply = PersonState
        purpose: Purpose
        ratio: float

    line = InProcessLine({Odd: lambda _sender, _message: PersonState((), ())}, HERE.party)
    with pytest.raises(Malformed):
        line.ask(Odd(cast("Purpose", "both"), 0.5), HERE.staff)


def test_a_sender_says_who_speaks_in_the_journal() -> None:
    assert str(HERE) == "municipality/99101/hanako"
    assert str(Sender("hotline", staff="denwa")) == "hotline/denwa"


def test_a_role_that_was_never_plugged_has_no_line() -> None:
    with pytest.raises(KeyError):
        line_to("nobody")


def test_the_newest_plug_counts() -> None:
    first, second = InProcessLines({}, "test"), InProcessLines({}, "test")
    plug("test", first)
    plug("test", second)
    assert plugged("test") is second


def test_a_line_is_bound_to_its_party_when_it_is_plugged() -> None:
    heard: list[Sender] = []

    def answer(sender: Sender, _message: AskPersonState) -> PersonState:
        heard.append(sender)
        return PersonState((), ())

    plug("test", InProcessLines({AskPersonState: answer}, "municipality"))
    for code in ("99101", "99102"):
        line_to("test", MunicipalityCode(code)).ask(AskPersonState(PersonCode("99000000001")), "hanako")
    assert heard == [HERE, Sender("municipality", MunicipalityCode("99102"), "hanako")]
