"""The list of document inquiries: each state is come to by acts, and says its own next step."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse

from honnin.agency.notices.models import Letter
from honnin.errors import CardError
from honnin.law.certificates.notices import DeliveryState
from honnin.law.counter.renewal_pins import IN_ORDER, PinProof
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.amendments.services import withdraw
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.counter.procedures.renewal.inquiries import NEXT_STEPS, OF_LETTER, Standing
from honnin.simulator.holder import PulledAfter
from honnin.wire.line import Message, Sender, plug, plugged
from honnin.wire.messages.notices import AskDocumentInquiries
from tests.support.agency.speaking import OneLine, R
from tests.support.applications import CUT_AFTER_RECORDING, mismatched
from tests.support.console import Console, page
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")


@dataclass
class Walk:
    """A renewal by proxy whose form does not match, and its holder."""

    town: Town
    holder: Holder
    application: Application

    def now(self) -> Application:
        return Application.objects.select_related("resident").get(pk=self.application.pk)

    def order(self) -> None:
        envelope.order_inquiry(self.now(), clerk=self.town.clerk(), at=self.town.clock.now())

    def sent(self) -> None:
        self.order()
        self.town.post_letters()

    def answered(self) -> None:
        self.sent()
        envelope.note_answer(self.now(), clerk=self.town.clerk(), at=self.town.clock.now())

    def letter(self, state: DeliveryState) -> None:
        self.sent()
        Letter.objects.update(state=state)

    def pins_set(self) -> None:
        """The second visit, cut where the PINs were set anew and the writing not begun."""
        self.answered()
        found = self.now()
        proofs = {kind.value: PinProof.SET_ANEW.value for kind in IN_ORDER}
        Application.objects.filter(pk=found.pk).update(details=found.details | {"pins": proofs})

    def begun(self) -> None:
        self.pins_set()
        with pytest.raises(CardError):
            self.town.renew(self.now(), PulledAfter(self.holder.card, CUT_AFTER_RECORDING), {})

    def overdue(self) -> None:
        self.sent()
        self.town.clock.move_to(self.town.clock.now() + timedelta(31))

    def withdrawn(self) -> None:
        self.sent()
        withdraw(self.now(), WhyWithdrawn.APPLICANT, clerk=self.town.clerk(), at=self.town.clock.now())

    def rejected(self) -> None:
        self.sent()
        services.reject(self.now(), "a reason", clerk=self.town.clerk(), at=self.town.clock.now())

    def ended(self) -> None:
        self.sent()
        Application.objects.filter(pk=self.application.pk).update(state="ended")

    def forgotten(self) -> None:
        self.sent()
        Letter.objects.all().delete()


WALKS: Mapping[Standing, tuple[Callable[[Walk], object], str, str]] = {
    Standing.TO_ORDER: (lambda _walk: None, "Order a document inquiry", "renew"),
    Standing.NOT_SENT: (Walk.order, "Wait until the letter is sent", "application"),
    Standing.SENT: (Walk.sent, "Record that the answer is here", "renew"),
    Standing.CAME_BACK: (
        lambda walk: walk.letter(DeliveryState.RETURNED),
        "Check the address",
        "resident",
    ),
    Standing.WITHHELD: (lambda walk: walk.letter(DeliveryState.WITHHELD), "Check the address", "resident"),
    Standing.UNKNOWN: (Walk.forgotten, "Open the application", "application"),
    Standing.ANSWERED_THERE: (
        lambda walk: walk.letter(DeliveryState.ANSWERED),
        "Record that the answer is here",
        "renew",
    ),
    Standing.ANSWERED: (Walk.answered, "Set the PINs anew", "renew"),
    Standing.OVERDUE: (Walk.overdue, "Order another inquiry", "renew"),
    Standing.PINS_SET: (Walk.pins_set, "Write the new certificates", "renew"),
    Standing.WRITING: (
        Walk.begun,
        "Finish the writing",
        "renew",
    ),
    Standing.WITHDRAWN: (Walk.withdrawn, "Open the application", "application"),
    Standing.REJECTED: (Walk.rejected, "Open the application", "application"),
    Standing.ENDED: (Walk.ended, "Open the application", "application"),
}


@pytest.mark.clause("S3-P3")
@pytest.mark.alters_records
@pytest.mark.parametrize("standing", Standing)
def test_each_state_says_its_own_next_step(console: Console, standing: Standing) -> None:
    walk = walked(console.town)
    come, step, leads_to = WALKS[standing]
    come(walk)
    shown = html.unescape(page(console.clerk(), "inquiries"))
    assert str(NEXT_STEPS[standing][0]) in shown
    of = walk.holder.resident.public_id if leads_to == "resident" else walk.application.number
    address = reverse(f"counter:{leads_to}", args=[of])
    assert re.search(rf'<a href="{re.escape(address)}"[^>]*>\s*{re.escape(step)}', shown)
    others = {str(said[2]) for said in NEXT_STEPS.values()} - {step}
    assert [other for other in others if f">{other}<" in shown] == []


def test_every_state_of_a_letter_has_its_place() -> None:
    assert set(OF_LETTER) == set(DeliveryState)
    assert set(NEXT_STEPS) == set(WALKS) == set(Standing)


@pytest.mark.clause("S3-P3")
def test_what_nothing_waits_for_leaves_the_list_after_its_last_day(console: Console) -> None:
    walk = walked(console.town)
    walk.withdrawn()
    number = walk.application.number
    assert number in page(console.clerk(), "inquiries")
    console.town.clock.move_to(console.town.clock.now() + timedelta(30))
    assert number in page(console.clerk(), "inquiries")
    console.town.clock.move_to(console.town.clock.now() + timedelta(1))
    assert number not in page(console.clerk(), "inquiries")


def test_letters_of_a_page_are_asked_for_in_one_message(console: Console) -> None:
    walks = walked_together(console.town, 3)
    for walk in walks:
        walk.order()
    console.town.post_letters()
    asked: list[tuple[str, ...]] = []
    line = plugged("agency")
    plug("agency", Counting(asked))
    try:
        shown = page(console.clerk(), "inquiries")
    finally:
        plug("agency", line)
    assert shown.count("Sent, the answer is waited for") == 3
    assert [len(numbers) for numbers in asked] == [3]


class Counting(OneLine):
    """A line that notes which inquiries are asked for."""

    def __init__(self, asked: list[tuple[str, ...]]) -> None:
        self._lines, self._asked = plugged("agency"), asked

    def ask(self, sender: Sender, message: Message[R]) -> R:
        if isinstance(message, AskDocumentInquiries):
            self._asked.append(message.request_numbers)
        return self._lines.of(sender.municipality_code).ask(message, sender.staff)


def walked(town: Town) -> Walk:
    """Somebody with a complete card whose certificates end in two months; the form does not open it."""
    (walk,) = walked_together(town, 1)
    return walk


def walked_together(town: Town, count: int) -> list[Walk]:
    holders = [town.give_complete_card(town.move_in()) for _ in range(count)]
    issued = [town.issue(town.approved(holder.resident), holder.reader()) for holder in holders]
    last_day = min(each.expiry_date for brought in issued for each in brought)
    town.clock.move_to(datetime.combine(last_day - timedelta(60), time(3), UTC))
    return [Walk(town, holder, mismatched(town, holder)) for holder in holders]
