"""Carrying out a revocation that was applied for and accepted (terms 7)."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.journal.binding import changed
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.revocation import ground_of, refusals_foreseen, reports_loss
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import examine_in, held, note
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.revocation.facts import (
    facts_before_revocation,
    left_to_revoke,
    why_of,
)
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents import services as register
from honnin.municipality.residents.models import REPORT_OF_LOSS, ChangeReport, Resident
from honnin.municipality.residents.services import (
    NewReport,
    deliver_act,
    deliver_reports,
    queue_report,
)
from honnin.wire.messages.certificates import CertificateState, PersonState


@cites("S1-E5", "S2-5", "S4-7.1", "S0-27", "S0-29", "S1-C5.1b")
def revoke(application: Application, *, clerk: Clerk, at: datetime) -> PersonState:
    """Have the agency revoke what was applied for; resumable by calling it again.

    That it was begun and the report that the agency is owed are one transaction: after a cut the report
    waits, and is delivered by this function or without it, whichever comes first. Where the card is lost,
    that is reported by it too: the loss that was telephoned waits for nothing else. Raises Refused with what
    stands against it by now, Conflict E_APPLICATION_STATE when it was done already, and what the line raises.
    """
    now = Application.objects.select_related("resident", "municipality").get(pk=application.pk)
    guards.require(clerk, CounterAct.REVOKE, now)
    since = register.newest_report(now.resident)
    state = person_state(clerk, now.resident_id)
    if now.state == ApplicationState.APPROVED and (against := examine_in(now, state, clerk, at)):
        raise Refused(*against)
    report = _begin(now, left_to_revoke(now, state, day_in_japan(at)), since, clerk, at)
    if report is not None:
        after = deliver_act(report, at)
        assert isinstance(after, PersonState)
        state = after
    deliver_reports(at, now.resident_id)
    _finish(now, clerk, at)
    return state


def _begin(
    application: Application,
    left: Mapping[Purpose, CertificateState],
    since: int,
    clerk: Clerk,
    at: datetime,
) -> ChangeReport | None:
    """The report that the agency is still to hear; None where nothing is left that it could revoke, or a
    colleague has just told it.
    """
    with transaction.atomic(using=DATABASE):
        Resident.objects.select_for_update().get(pk=application.resident_id)
        locked = held(application, CounterAct.REVOKE, clerk)
        begins = locked.state != ApplicationState.CARRYING_OUT
        if begins:
            locked.state = locked.after(CounterAct.REVOKE)
            locked.outcome = [_as_kept(each) for each in left.values()]
            locked.save(update_fields=["state", "outcome"])
        report = queue_report(locked.resident, _report(locked, since), clerk.user_name, at) if left else None
        if begins and is_report_of_loss(locked):
            queue_report(
                locked.resident, NewReport("report loss", REPORT_OF_LOSS, since), clerk.user_name, at
            )
        if begins:
            note(clerk, "begin revocation", locked, at, changed(locked, "state", "outcome"))
    return report


def is_report_of_loss(application: Application) -> bool:
    """Whether the loss of the card is reported by it."""
    why = why_of(application)
    return why is not None and reports_loss(why)


def _report(application: Application, since: int) -> NewReport:
    """The application or the notice, as the agency hears it."""
    why, purposes = why_of(application), tuple(sorted(purposes_of(application)))
    assert why is not None  # it was examined
    ground = ground_of(why)
    detail = {"application": application.number, "ground": str(ground), "purposes": "+".join(purposes)}
    return NewReport("ask to revoke", ground, since, purposes, detail)


def _as_kept(certificate: CertificateState) -> dict[str, str]:
    """What an application keeps of a certificate that it ends (`Application.outcome`)."""
    return {
        "purpose": certificate.purpose,
        "serial_number": str(certificate.serial_number),
        "expiry_date": certificate.expiry_date.isoformat(),
    }


def _finish(application: Application, clerk: Clerk, at: datetime) -> None:
    """The agency has heard it. Raises Conflict where a colleague was faster."""
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.REVOKE, clerk)
        locked.state = locked.after(CounterAct.REVOKE)
        locked.handed_over_at = at
        fields = ["state", "handed_over_at"]
        locked.save(update_fields=fields)
        note(clerk, "carry out revocation", locked, at, changed(locked, *fields))


def against_revocation(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why nothing of a person's can be revoked as things stand."""
    state, today = person_state(clerk, resident.pk), day_in_japan(at)
    return refusals_foreseen(facts_before_revocation(resident, clerk, state, today))


def revocable(state: PersonState, on: date) -> list[Purpose]:
    """The purposes whose certificate has not lapsed on a day."""
    present = standing(state, on)
    return [purpose for purpose in Purpose if purpose in present]
