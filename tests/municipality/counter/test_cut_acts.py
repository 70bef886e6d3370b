"""An act of the counter is cut after each of its commits: the next round of chores brings it to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import TracebackType
from typing import Any

import pytest
from django.db.transaction import Atomic

from honnin.agency.card_register.models import Card
from honnin.agency.hotline.queries import open_calls
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.errors import CardError, HonninError
from honnin.law.terms import Purpose, RecordedItem
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.amendments import services as amendment
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.applications.states import ApplicationState as State
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.loss.services import release as loss_release
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.counter.procedures.record_error.services import record_error
from honnin.municipality.counter.procedures.revocation.services import revoke
from honnin.municipality.residents.models import ChangeReport, Departure
from honnin.simulator.brought import AUTHENTICATION, PINS
from honnin.simulator.holder import PulledAfter
from honnin.sites.chores.round import do_chores
from tests.support.instants import NOW
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

TODAY, LONG_AGO = date(2026, 6, 2), date(2026, 4, 1)
MOST_COMMITS = 20
Ended = Callable[[Town, Holder], bool]


class CutError(Exception):
    """The machine stopped."""


@contextmanager
def cut_after(commits: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stops right after so many transactions, in whichever database, have been committed."""
    depth, done, leave, enter = 0, 0, Atomic.__exit__, Atomic.__enter__

    def entered(self: Atomic) -> None:
        nonlocal depth
        if depth == 0 and done == commits:
            raise CutError
        enter(self)
        depth += 1

    def left(
        self: Atomic, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        nonlocal depth, done
        depth -= 1
        leave(self, kind, error, at)
        if depth == 0 and kind is None:
            done += 1
            if done == commits:
                raise CutError

    with monkeypatch.context() as changed:
        changed.setattr(Atomic, "__enter__", entered)
        changed.setattr(Atomic, "__exit__", left)
        yield


def statuses(holder: Holder) -> set[tuple[str, str]]:
    return set(IssuanceRecord.objects.filter(person_code=holder.code).values_list("purpose", "status"))


def no_loss(_town: Town, holder: Holder) -> bool:
    return not reports_about(holder.code).reported_lost and not open_calls().exists()


def card_ended(town: Town, holder: Holder) -> bool:
    """And both certificates with it."""
    valid = Card.objects.filter(person_code=holder.code, valid=True).exists()
    return not valid and {status for _purpose, status in statuses(holder)} == {"revoked"}


def moved(clerk: Clerk, holder: Holder, on: date) -> None:
    move_out(holder.resident, "みほん県ためし市１", on, clerk=clerk, at=NOW)


def revoked(clerk: Clerk, holder: Holder) -> None:
    revoke(holder.resident.applications.get(procedure="revocation"), clerk=clerk, at=NOW)


ACTS: dict[str, tuple[bool, Callable[[Clerk, Holder], Any], Ended]] = {
    "moving out": (True, lambda clerk, holder: moved(clerk, holder, TODAY), no_loss),
    "moving out too late": (
        True,
        lambda clerk, holder: moved(clerk, holder, LONG_AGO),
        lambda town, holder: no_loss(town, holder) and card_ended(town, holder),
    ),
    "report of loss": (
        True,
        lambda clerk, holder: report_loss(holder.resident, clerk=clerk, at=NOW),
        no_loss,
    ),
    "revocation": (
        False,
        revoked,
        lambda town, holder: ("user_authentication", "revoked") in statuses(holder),
    ),
    "record error": (
        False,
        lambda clerk, holder: record_error(holder.resident, RecordedItem.NAME, clerk=clerk, at=NOW),
        lambda town, holder: ("signature", "revoked") in statuses(holder),
    ),
    "card taken back": (
        False,
        lambda clerk, holder: card_work.take_back_unreadable(holder.resident, clerk=clerk, at=NOW),
        card_ended,
    ),
    "change of address": (
        False,
        lambda clerk, holder: change_address(
            holder.resident, "みほん県みほん市例示町９", moved_on=date(2026, 6, 1), clerk=clerk, at=NOW
        ),
        lambda town, holder: ("signature", "revoked") in statuses(holder) or not _has_moved(holder),
    ),
}


def _has_moved(holder: Holder) -> bool:
    holder.resident.refresh_from_db()
    return holder.resident.address.endswith("例示町９")


@pytest.mark.clause("S1-C5.1b")
@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_was_begun_comes_to_its_end_at_once(
    name: str, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, act, ended = ACTS[name]
    for commits in range(1, MOST_COMMITS):
        holder = town.with_certificates()
        clerk = town.clerk()
        if lost:
            record_notice_of_loss(holder.code, operator=town.operator(), at=NOW)
        if act is revoked:
            town.approve(town.received_revocation(holder.resident, Purpose.USER_AUTHENTICATION))
        try:
            with cut_after(commits, monkeypatch):
                act(clerk, holder)
        except CutError:
            do_chores(town.clock)
            assert ended(town, holder), commits
            assert not ChangeReport.objects.filter(delivered=False).exists()
        else:
            break
    assert 1 < commits < MOST_COMMITS
    assert ended(town, holder)


def test_an_overdue_move_is_over_with_its_own_transaction(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    clerk = town.clerk()
    with pytest.raises(CutError), cut_after(1, monkeypatch):
        moved(clerk, holder, LONG_AGO)
    assert Departure.objects.get(resident=holder.resident).over


Act = Callable[[Application, Clerk], object]
ASKED_AGAIN: dict[str, tuple[Act, str]] = {
    "reject": (
        lambda application, clerk: services.reject(application, "a reason", clerk=clerk, at=NOW),
        State.REJECTED,
    ),
    "withdraw": (
        lambda application, clerk: amendment.withdraw(application, WhyWithdrawn.MISTAKE, clerk=clerk, at=NOW),
        State.WITHDRAWN,
    ),
}


@pytest.mark.parametrize("begun", [False, True], ids=["before the card", "half-way on the card"])
@pytest.mark.parametrize("name", ASKED_AGAIN)
def test_what_ends_an_application_and_was_cut_is_asked_again(
    name: str, begun: bool, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agency hears of it first: until it is recorded here nothing more is issued, and it can be asked
    again.
    """
    (act, state), clerk = ASKED_AGAIN[name], town.clerk()
    for commits in range(1, MOST_COMMITS):
        holder = town.holder()
        application = town.approved(holder.resident)
        application.refresh_from_db()
        if begun:
            with pytest.raises(CardError):
                town.issue(application, PulledAfter(holder.card, 20))
        cut = False
        try:
            with cut_after(commits, monkeypatch):
                act(application, clerk)
        except CutError:
            cut = True
            application.refresh_from_db()
            if application.state == State.APPROVED:
                with pytest.raises(HonninError):
                    town.issue(application, holder.reader())
                act(application, clerk)
        application.refresh_from_db()
        assert application.state == state
        assert "good" not in {status for _purpose, status in statuses(holder)}
        town.issue(town.approved(holder.resident), holder.reader())
        if not cut:
            break
    assert 1 < commits < MOST_COMMITS


@pytest.mark.clause("S1-E5")
def test_a_revocation_that_was_cut_is_asked_again_and_told_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = town.clerk()
    for commits in range(1, MOST_COMMITS):
        holder, cut = town.with_certificates(), False
        application = town.received_revocation(holder.resident)
        town.approve(application)
        try:
            with cut_after(commits, monkeypatch):
                revoke(application, clerk=clerk, at=NOW)
        except CutError:
            cut = True
            application.refresh_from_db()
            if application.state != State.CARRIED_OUT:
                revoke(application, clerk=clerk, at=NOW)
        application.refresh_from_db()
        assert application.state == State.CARRIED_OUT
        assert statuses(holder) == {("signature", "revoked"), ("user_authentication", "revoked")}
        assert len(application.outcome) == 2
        assert ChangeReport.objects.filter(resident=holder.resident).count() == 1
        if not cut:
            break
    assert 1 < commits < MOST_COMMITS


@pytest.mark.clause("S4-9b")
def test_a_release_that_was_cut_is_asked_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = town.clerk()
    for commits in range(1, MOST_COMMITS):
        holder, cut = town.with_certificates(AUTHENTICATION), False
        record_notice_of_loss(holder.code, operator=town.operator(), at=NOW)

        def release(held: Holder = holder, clerk: Clerk = clerk) -> None:
            purpose, pin = Purpose.USER_AUTHENTICATION, PINS[Purpose.USER_AUTHENTICATION]
            loss_release(held.resident, purpose, held.reader(), pin, clerk=clerk, at=NOW)

        try:
            with cut_after(commits, monkeypatch):
                release()
        except CutError:
            cut = True
            if ("user_authentication", "held") in statuses(holder):
                release()
        assert statuses(holder) == {("user_authentication", "good")}
        assert no_loss(town, holder)
        if not cut:
            break
    assert 1 < commits < MOST_COMMITS
