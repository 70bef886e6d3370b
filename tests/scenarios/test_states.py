"""Every way of docs/explanation/states.md is gone by the act itself, and every state leads to an end."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeVar

import pytest
from tools.states_table import STATE_MACHINES, dead_ends, is_end

from honnin.agency.card_register.models import Card
from honnin.agency.hotline.models import Call
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import standing_on, status_of
from honnin.agency.revocation.services import record_lapse
from honnin.clock import day_in_japan
from honnin.errors import CardError, Conflict
from honnin.journal.binding import changed
from honnin.law.cards import card_state as card_law
from honnin.law.cards import loss as loss_law
from honnin.law.cards.card_state import CardEffect, CardEvent, card_state
from honnin.law.cards.loss import Loss, LossEvent
from honnin.law.certificates import status as certificate_law
from honnin.law.certificates.status import RECORDED, Status, StatusEvent, status_on
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, every_transition
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.loss.services import release as loss_release
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.counter.procedures.revocation.services import revoke
from honnin.municipality.residents.services import record_removal
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION
from honnin.simulator.holder import PulledAfter
from tests.support.applications import (
    ACTS,
    CUT_AFTER_RECORDING,
    almost_expired,
    application_in,
    begun_revocation,
)
from tests.support.telling import tell
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

AFTER = date(2032, 6, 1)  # the certificates have expired, the cards have not
AFTER_CARD = date(2040, 6, 1)
S = TypeVar("S")
E = TypeVar("E")
Go = Callable[[Town, Holder], object]


def ways(states: Mapping[S, Mapping[E, S]]) -> list[tuple[S, E, S]]:
    return [(state, turn, to) for state, turns in states.items() for turn, to in turns.items()]


@pytest.mark.parametrize("name", STATE_MACHINES)
def test_every_state_leads_to_an_end(name: str) -> None:
    assert dead_ends(STATE_MACHINES[name]) == set()
    assert any(is_end(STATE_MACHINES[name], state) for state in STATE_MACHINES[name])


def test_a_state_without_a_way_out_is_found() -> None:
    """A check that could not fail would prove nothing."""
    for states in STATE_MACHINES.values():
        for state in states:
            if not is_end(states, state):
                assert dead_ends({**states, state: {}}) == set()  # an end, by the table
                assert state in dead_ends({**states, state: {"turn": state}})


def wait_until(town: Town, day: date) -> None:
    town.clock.move_to(town.clock.now().replace(year=day.year, month=day.month, day=day.day))


def call(town: Town, holder: Holder) -> None:
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())


def release(town: Town, holder: Holder) -> None:
    purpose = Purpose.USER_AUTHENTICATION
    loss_release(
        holder.resident, purpose, holder.reader(), Pin("1234"), clerk=town.clerk(), at=town.clock.now()
    )


def take_back(town: Town, holder: Holder) -> None:
    card_work.take_back(holder.resident, holder.reader(), clerk=town.clerk(), clock=town.clock)


def remove(town: Town, holder: Holder) -> None:
    record_removal(holder.resident, day_in_japan(town.clock.now()), clerk="hanako", at=town.clock.now())


def call_without_card(town: Town, holder: Holder) -> None:
    """As in an installation of before, where a card could end and leave its loss behind."""
    card = Card.objects.get(person_code=holder.code)
    card.valid = False
    card.save()
    tell(changed(card, "valid"))
    call(town, holder)
    assert Call.objects.latest("pk").reported_at_counter


LOSS: dict[LossEvent, Go] = {
    LossEvent.CALL: call,
    LossEvent.CALL_WITHOUT_CARD: call_without_card,
    LossEvent.REPORT: lambda town, holder: report_loss(
        holder.resident, clerk=town.clerk(), at=town.clock.now()
    ),
    LossEvent.FOUND: release,
    LossEvent.CARD_ENDED: take_back,
    LossEvent.ENTRY_REMOVED: remove,
}


def test_the_tables_that_the_code_decides_by_say_this() -> None:
    """Written down once more, for the ways below take what they expect from the tables themselves."""
    none, reported = Loss.NONE, Loss.REPORTED
    losses: dict[tuple[Loss, LossEvent], Loss] = {
        (none, LossEvent.CALL): reported,
        (none, LossEvent.CALL_WITHOUT_CARD): none,
        (reported, LossEvent.CALL): reported,
        **{(reported, turn): none for turn in LossEvent if turn is not LossEvent.CALL},
    }
    assert {(state, turn): to for state, turn, to in ways(loss_law.TRANSITIONS)} == losses
    good, held, revoked, expired = Status.GOOD, Status.HELD, Status.REVOKED, Status.EXPIRED
    assert {(state, turn): to for state, turn, to in ways(certificate_law.TRANSITIONS)} == {
        (good, StatusEvent.LOSS): held,
        (held, StatusEvent.RELEASE): good,
        **{(state, StatusEvent.LAPSE): revoked for state in (good, held)},
        **{(state, StatusEvent.LAST_DAY): expired for state in (good, held)},
    }
    valid, gone, ended = CardEffect.VALID, CardEffect.EXPIRED, CardEffect.ENDED
    assert {(state, turn): to for state, turn, to in ways(card_law.TRANSITIONS)} == {
        (valid, CardEvent.LAST_DAY): gone,
        (gone, CardEvent.REPLACED): ended,
        **{
            (state, turn): ended
            for state in (valid, gone)
            for turn in (CardEvent.TAKEN_BACK, CardEvent.ENTRY_REMOVED)
        },
    }


@pytest.mark.clause("S1-C5.1a", "S1-C5.1b")
@pytest.mark.parametrize(("state", "turn", "to"), ways(loss_law.TRANSITIONS))
def test_the_ways_of_a_loss(town: Town, state: Loss, turn: LossEvent, to: Loss) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    if state is Loss.REPORTED:
        call(town, holder)
    LOSS[turn](town, holder)
    assert reports_about(holder.code).reported_lost is (to is Loss.REPORTED)


@pytest.mark.clause("S1-C5.1b")
@pytest.mark.parametrize("why", WhyRevoked)
def test_a_revocation_ends_a_loss_that_it_reports_and_leaves_another_its_own_way(
    town: Town, why: WhyRevoked
) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    call(town, holder)
    application = town.received_revocation(holder.resident, why=why)
    town.approve(application)
    revoke(application, clerk=town.clerk(), at=town.clock.now())
    assert not standing(person_state(town.clerk(), holder.code), day_in_japan(town.clock.now()))
    assert reports_about(holder.code).reported_lost is (why is not WhyRevoked.CARD_LOST)
    LOSS[LossEvent.REPORT](town, holder)  # the button of the person's page, for the others
    assert not reports_about(holder.code).reported_lost


CERTIFICATE: dict[StatusEvent, Go] = {
    StatusEvent.LOSS: call,
    StatusEvent.RELEASE: release,
    StatusEvent.LAPSE: lambda town, holder: record_lapse(
        holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now()
    ),
    StatusEvent.LAST_DAY: lambda town, _holder: wait_until(town, AFTER),
}


@pytest.mark.parametrize(("state", "turn", "to"), ways(certificate_law.TRANSITIONS))
def test_the_ways_of_a_certificate(town: Town, state: Status, turn: StatusEvent, to: Status) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    if state is Status.HELD:
        call(town, holder)
    CERTIFICATE[turn](town, holder)
    record, today = town.records(holder)[Purpose.USER_AUTHENTICATION], day_in_japan(town.clock.now())
    assert status_of(record, today) is to
    stands = standing(person_state(town.clerk(), holder.code), today)
    assert (Purpose.USER_AUTHENTICATION in stands) is to.stands


CARD: dict[CardEvent, Go] = {
    CardEvent.TAKEN_BACK: take_back,
    CardEvent.ENTRY_REMOVED: remove,
    CardEvent.REPLACED: lambda town, holder: town.give_card(holder.resident),
    CardEvent.LAST_DAY: lambda town, _holder: wait_until(town, AFTER_CARD),
}


@pytest.mark.parametrize(("state", "turn", "to"), ways(card_law.TRANSITIONS))
def test_the_ways_of_a_card(town: Town, state: CardEffect, turn: CardEvent, to: CardEffect) -> None:
    holder = town.holder()
    number = holder.card.state.card_number
    if state is CardEffect.EXPIRED:
        wait_until(town, AFTER_CARD)
    CARD[turn](town, holder)
    cards = {card.card_number: card for card in person_state(town.clerk(), holder.code).cards}
    today = day_in_japan(town.clock.now())
    assert card_state(cards[number].valid, cards[number].expiry_date, today) is to


@pytest.mark.parametrize(("state", "act", "to"), ways(every_transition()))
def test_the_ways_of_an_application(
    town: Town, state: ApplicationState, act: CounterAct, to: ApplicationState
) -> None:
    if act is CounterAct.REVOKE:
        begun = begun_revocation(town)
        if state is ApplicationState.CARRYING_OUT:
            ACTS[act](town, begun, town.clerk(), town.holder())
        assert Application.objects.get(pk=begun.pk).state == to
        return
    holder = town.holder()
    if state is ApplicationState.APPROVED and act in (CounterAct.SET_PINS, CounterAct.RENEW):
        application_in(town, holder, to)  # goes this way, and is cut there
        return
    application = application_in(town, holder, state)
    if act is CounterAct.PROVE_PINS:  # of a renewal alone
        almost_expired(town, holder)
        application = town.received_renewal(holder.resident)
    if state is ApplicationState.CARRYING_OUT and act is CounterAct.END:
        with pytest.raises(CardError):  # the new certificates are recorded, and not on the card
            town.renew(application, PulledAfter(holder.card, CUT_AFTER_RECORDING))
        assert person_state(town.clerk(), holder.code).unwritten(day_in_japan(town.clock.now()))
    if act is CounterAct.END and state is not ApplicationState.SETTING_PINS:
        record_lapse(holder.code, LapseGround.KEY_LEAKED, (), actor="test", at=town.clock.now())
    ACTS[act](town, application, town.clerk(), holder)
    assert Application.objects.get(pk=application.pk).state == to


@pytest.mark.alters_records
def test_an_application_cut_at_the_last_moment_is_rejected_once_nothing_of_it_stands(town: Town) -> None:
    """The agency has finished, the counter has not heard of it, and the card is gone for good."""
    holder = town.holder()
    application = town.approved(holder.resident)
    town.issue(application, holder.reader())
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.APPROVED)
    application.refresh_from_db()
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.reject(application, "the card is gone", clerk=town.clerk(), at=town.clock.now())
    call(town, holder)
    LOSS[LossEvent.REPORT](town, holder)
    CERTIFICATE[StatusEvent.LAPSE](town, holder)
    services.reject(application, "the card is gone", clerk=town.clerk(), at=town.clock.now())
    assert Application.objects.get(pk=application.pk).state == ApplicationState.REJECTED


@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("recorded", RECORDED)
def test_the_database_asks_what_the_law_says(town: Town, recorded: Status, days: int) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    if recorded is Status.HELD:
        call(town, holder)
    if recorded is Status.REVOKED:
        CERTIFICATE[StatusEvent.LAPSE](town, holder)
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    on = record.expiry_date + timedelta(days=days)
    found = IssuanceRecord.objects.filter(standing_on(on), pk=record.pk).exists()
    assert found is status_on(recorded, record.expiry_date, on).stands
