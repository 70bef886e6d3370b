"""Document inquiries: ordered by the municipality, once; answered in time or not at all."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from honnin.agency.notices import printing
from honnin.agency.notices.models import Letter
from honnin.agency.notices.services import hand_to_post, record_return
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Malformed, NotAllowed, Refused
from honnin.law.certificates.notices import DeliveryState, ReturnReason
from honnin.municipality.residents.addressees import addressee_of, tell_addresses
from honnin.simulator.town import HERE, NEXT_DOOR
from honnin.wire.line import Line, line_to
from honnin.wire.messages.notices import (
    MOST_INQUIRIES,
    AskDocumentInquiries,
    InquiryState,
    InquirySubject,
    OrderDocumentInquiry,
    ReportInquiryAnswered,
)
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
NUMBER = "R-1"


@pytest.fixture(autouse=True)
def letters_folder(tmp_path: Path, settings: Settings) -> None:
    settings.HONNIN_LETTERS = tmp_path / "letters"


@pytest.fixture
def line() -> Line:
    return line_to("agency", HERE)


def inquiry(holder: Holder, **more: Any) -> OrderDocumentInquiry:
    to = addressee_of(holder.resident, holder.code)
    usual: dict[str, Any] = {"application_number": "99101-20260602-0A1B2C"}
    return OrderDocumentInquiry(NUMBER, to, InquirySubject.RENEWAL_BY_PROXY, **(usual | more))


def send(town: Town) -> None:
    batch = printing.make_batch(actor="test", at=town.clock.now())
    assert batch is not None
    printing.print_batch(batch, actor="test", at=town.clock.now())
    hand_to_post(batch, actor="test", at=town.clock.now())


def answer(line: Line, on: date) -> InquiryState:
    return line.ask(ReportInquiryAnswered(NUMBER, on), "hanako")


def asked(line: Line) -> InquiryState:
    (state,) = line.ask(AskDocumentInquiries((NUMBER,)), "hanako").states
    assert state is not None
    return state


@pytest.mark.clause("S4-18.1")
def test_an_inquiry_goes_from_its_order_to_its_answer(town: Town, line: Line) -> None:
    holder, today = town.with_certificates(), day_in_japan(town.clock.now())
    state = line.ask(inquiry(holder), "hanako")
    assert (state.state, state.answer_by) == (DeliveryState.ORDERED, today + timedelta(days=30))
    send(town)
    assert asked(line).state == DeliveryState.POSTED
    assert answer(line, today).state == DeliveryState.ANSWERED
    assert answer(line, today).state == DeliveryState.ANSWERED, "saying it twice changes nothing"


def test_the_same_number_orders_one_letter(town: Town, line: Line) -> None:
    holder = town.with_certificates()
    first = line.ask(inquiry(holder), "hanako")
    assert line.ask(inquiry(holder), "hanako") == first
    assert Letter.objects.count() == 1
    with pytest.raises(Conflict, match="E_REQUEST_NUMBER_REUSED"):
        line.ask(inquiry(holder, application_number="99101-20260602-FFFFFF"), "hanako")
    with pytest.raises(Conflict, match="E_REQUEST_NUMBER_REUSED"):
        line.ask(inquiry(town.with_certificates()), "hanako")


def test_one_number_is_not_the_beginning_of_another(town: Town, line: Line) -> None:
    holder = town.with_certificates()
    line.ask(replace(inquiry(holder), request_number="R-11"), "hanako")
    assert line.ask(AskDocumentInquiries((NUMBER,)), "hanako").states == (None,)
    with pytest.raises(Conflict, match="E_INQUIRY_UNKNOWN"):
        answer(line, day_in_japan(town.clock.now()))


def test_an_answer_after_the_last_day_does_not_count(town: Town, line: Line) -> None:
    holder, today = town.with_certificates(), day_in_japan(town.clock.now())
    line.ask(inquiry(holder, answer_by=today + timedelta(days=10)), "hanako")
    send(town)
    town.clock.move_to(town.clock.now() + timedelta(days=11))
    with pytest.raises(Refused, match="E_INQUIRY_OVER"):
        answer(line, today + timedelta(days=11))
    assert answer(line, today + timedelta(days=10)).state == DeliveryState.ANSWERED


def test_a_letter_that_was_not_sent_has_no_answer(town: Town, line: Line) -> None:
    line.ask(inquiry(town.with_certificates()), "hanako")
    with pytest.raises(Conflict, match="E_LETTER_STATE"):
        answer(line, day_in_japan(town.clock.now()))


def test_another_municipality_orders_none_and_learns_of_none(town: Town, line: Line) -> None:
    holder, neighbour = town.with_certificates(), line_to("agency", NEXT_DOOR)
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        neighbour.ask(inquiry(holder), "taro")
    line.ask(inquiry(holder), "hanako")
    assert neighbour.ask(AskDocumentInquiries((NUMBER,)), "taro").states == (None,)


@pytest.mark.parametrize("number", ["", "R 1", "R;1", "a" * 65, "\u30001"])
def test_a_number_that_is_none_is_refused(town: Town, line: Line, number: str) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line.ask(replace(inquiry(town.with_certificates()), request_number=number), "hanako")


def test_a_last_day_that_has_passed_is_refused_unless_it_is_asked_again(town: Town, line: Line) -> None:
    holder, today = town.with_certificates(), day_in_japan(town.clock.now())
    with pytest.raises(Malformed, match="E_INQUIRY_DAY"):
        line.ask(inquiry(holder, answer_by=today), "hanako")
    order = inquiry(holder, answer_by=today + timedelta(days=1))
    line.ask(order, "hanako")
    town.clock.move_to(town.clock.now() + timedelta(days=5))
    assert line.ask(order, "hanako").state == DeliveryState.ORDERED


def test_one_that_came_back_is_sent_to_the_newer_address_and_asked_for_by_its_number(
    town: Town, line: Line
) -> None:
    holder = town.with_certificates()
    first = line.ask(inquiry(holder), "hanako")
    send(town)
    record_return(first.letter_number, ReturnReason.MOVED, actor="test", at=town.clock.now())
    assert asked(line).state == DeliveryState.RETURNED
    town.move(holder.resident, "みほん県みほん市新町二丁目1番")
    tell_addresses(town.clock.now())
    again = asked(line)
    assert (again.state, again.answer_by) == (DeliveryState.ORDERED, first.answer_by)
    assert again.letter_number != first.letter_number


def test_many_are_asked_at_once_by_one_question_in_their_order(town: Town, line: Line) -> None:
    holders = [town.with_certificates() for _ in range(2)]
    ordered = [
        line.ask(replace(inquiry(holder), request_number=f"R-{each}"), "hanako")
        for each, holder in enumerate(holders)
    ]
    numbers = ("R-1", "R-9", "R-0")
    with CaptureQueriesContext(connections["agency"]) as questions:
        states = line.ask(AskDocumentInquiries(numbers), "hanako").states
    assert states == (ordered[1], None, ordered[0])
    assert sum("letter" in each["sql"] for each in questions) == 1
    assert line.ask(AskDocumentInquiries(()), "hanako").states == ()
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line.ask(AskDocumentInquiries(("R",) * (MOST_INQUIRIES + 1)), "hanako")
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line.ask(AskDocumentInquiries(("R;1",)), "hanako")
