"""A line between two machines that is cut, doubled or late: one act, and a named error each."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from honnin.agency.requests.models import AnsweredRequest
from honnin.agency.requests.services import KEPT_FOR
from honnin.clock import FixedClock, SystemClock
from honnin.errors import (
    Refusal,
    Refused,
    Unavailable,
)
from honnin.sites.chores.round import CHORES
from honnin.sites.declaration.chore import Outcome
from honnin.wire import envelope
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from honnin.wire.messages.certificates import LossReported
from tests.support.servers.lines import Cut, Served
from tests.wire.https.ends import DONE, HERE, LOSS, Agency, error_in, sent


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
