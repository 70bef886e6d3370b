"""The line to the agency is lost at each message of a visit: the question, or the answer to it."""

import pytest

from honnin.agency.notices.models import Letter
from honnin.card.client.known_files import BY_NAME
from honnin.errors import CardError, Refused, Unavailable
from honnin.law.cards.pins import PinKind
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.pin import Pin
from honnin.simulator.brought import BY_PROXY, KNOWN_PINS
from honnin.simulator.holder import PulledAfter
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug
from tests.support.agency.broken_lines import CutLine
from tests.support.agency.renewals import undone
from tests.support.agency.visits import OF_ADULTS, Visit, Way, due_at_once
from tests.support.applications import almost_expired, mismatched
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
lost = pytest.mark.parametrize("answer_lost", [False, True], ids=["question lost", "answer lost"])
MOST_MESSAGES = 30


def is_lost(visit: Visit, messages: int, *, answer_lost: bool) -> bool:
    """Go on over a line that goes dead after so many messages; whether it did."""
    plug("agency", CutLine(messages, answer_lost=answer_lost))
    try:
        visit.go_on()
    except Unavailable:
        return True
    finally:
        connect_in_process(visit.town.clock)
    return False


def lost_at_each(town: Town, way: Way, *, answer_lost: bool, every: int) -> int:
    """At how many messages it was lost; each time it is asked for again."""
    holder = due_at_once(town)
    for messages in range(0, MOST_MESSAGES, every):
        with undone(holder):
            visit = Visit(town, holder, way)
            if not is_lost(visit, messages, answer_lost=answer_lost):
                visit.require_renewed()
                return messages
            visit.require_old_or_new()
            visit.ask_again(messages)
            visit.require_renewed()
    raise AssertionError("lost for ever")


@lost
def test_at_some_messages_of_a_visit(town: Town, answer_lost: bool) -> None:
    assert lost_at_each(town, Way.BY_PROXY, answer_lost=answer_lost, every=3) >= 6


@pytest.mark.long
@lost
@pytest.mark.parametrize("way", OF_ADULTS)
def test_at_each_message_of_a_visit(town: Town, way: Way, answer_lost: bool) -> None:
    assert lost_at_each(town, way, answer_lost=answer_lost, every=1) >= 6


@lost
@pytest.mark.clause("S3-P3")
def test_at_the_order_of_an_inquiry_and_at_its_answer(town: Town, answer_lost: bool) -> None:
    holder, clerk = town.holder(), town.clerk()
    almost_expired(town, holder)
    application = mismatched(town, holder)

    def interrupted(act: object) -> None:
        assert callable(act)
        for line in (CutLine(0, answer_lost=answer_lost), None):
            plug("agency", line) if line else connect_in_process(town.clock)
            try:
                act(application, clerk=clerk, at=town.clock.now())
            except Unavailable:
                assert line
        application.refresh_from_db()

    interrupted(envelope.order_inquiry)
    assert Letter.objects.filter(kind="document_inquiry").count() == 1
    town.post_letters()
    interrupted(envelope.note_answer)
    assert Letter.objects.get(kind="document_inquiry").state == "answered"
    assert envelope.may_set_anew(application, town.clock.now().date())


@pytest.mark.clause("S3-P2", "S3-P3")
def test_a_form_that_does_not_match_costs_one_try_wherever_the_card_is_pulled_out(town: Town) -> None:
    """Also where the card has counted it, and nobody has heard of that."""
    holder = town.holder()
    almost_expired(town, holder)
    application = town.received_renewal(holder.resident, **BY_PROXY)
    town.approve(application)
    envelope.open_envelope(application, town.clerk("jiro"), clerk=town.clerk(), at=town.clock.now())
    wrong, register = KNOWN_PINS | {PinKind.RESIDENT_REGISTER: Pin("9999")}, BY_NAME["juki"]
    spent = set()
    for commands in range(8, 24):
        with undone(holder):
            with pytest.raises((CardError, Refused)):
                town.renew(application, PulledAfter(holder.card, commands, answer_lost=True), wrong)
            with pytest.raises(Refused, match="E_PIN_MISMATCH_INQUIRY"):
                town.renew(application, holder.reader(), wrong)
            session, pin = holder.session(), register.file(0x1C)
            session.select(register)
            assert pin is not None
            spent.add(session.tries_left_of(pin))
    assert spent == {2}
