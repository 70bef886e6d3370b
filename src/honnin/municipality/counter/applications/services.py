"""What a clerk does with any application: receive it, add evidence, examine, approve, reject, end it.

Each function is one transaction in the municipality's records; speaking to the agency and to the card
happens outside of it. A second click changes nothing: it finds the work done, or raises Conflict or Refused.
"""

import secrets
from datetime import date, datetime
from functools import partial

from django.db import transaction

from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.journal.binding import Written, changed
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import registration_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.evidence.copies import NOTED, ShownDocument, keep_copies
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.queries import in_the_way
from honnin.municipality.counter.applications.request import ApplicationRequest, agreed_version
from honnin.municipality.counter.applications.states import PENDING, ApplicationState
from honnin.municipality.counter.applications.unregistered import REFUSAL
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.declaration import receiving
from honnin.municipality.counter.guards.acts import about_application, about_resident, record
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.entered import require_entered
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of
from honnin.wire.messages.certificates import PersonState

DATABASE = "municipality"
State = ApplicationState


@cites("S4-3.1", "S4-4.1")
def receive_application(
    resident: Resident, asked: ApplicationRequest, *, clerk: Clerk, at: datetime
) -> Application:
    """Take an application: whatever is missing is seen at the examination, so that nothing is lost.

    Raises NotAllowed as `guards.require`, Refused as `require_entered`, Conflict E_APPLICATION_OPEN when this
    person has one under way (`queries.in_the_way`); LookupError where no procedure receives such a request.
    """
    procedure, _kind = receiving(asked)
    guards.require(clerk, CounterAct.RECEIVE, resident)
    guards.require_proxy(clerk, CounterAct.RECEIVE, asked.proxy_name)
    require_entered({"proxy_name": asked.proxy_name})
    with transaction.atomic(using=DATABASE):
        Resident.objects.select_for_update().get(pk=resident.pk)
        if in_the_way(clerk, resident, asked) is not None:
            raise Conflict("E_APPLICATION_OPEN")
        application = Application.objects.create(
            number=_new_number(clerk, day_in_japan(at)),
            municipality=clerk.municipality,
            resident=resident,
            procedure=procedure,
            **asked.columns(),
            received_at=at,
            received_by=clerk,
            terms_version=agreed_version(asked),
        )
        copies = keep_copies(application, asked.shown, clerk=clerk, at=at)
        note(clerk, "receive", application, at, application, *copies)
    return application


def _new_number(clerk: Clerk, day: date) -> str:
    """Readable on paper, unique without asking anyone: municipality, day, and six random characters."""
    return f"{clerk.municipality_id}-{day:%Y%m%d}-{secrets.token_hex(3).upper()}"


@cites("S4-3.2b", "S4-3.6c")
def add_evidence(
    application: Application, shown: tuple[ShownDocument, ...], *, clerk: Clerk, at: datetime
) -> None:
    """Keep copies of documents that were shown after the application was received; nothing of what is kept
    already.
    """
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.ADD_EVIDENCE, clerk)
        fields = (*NOTED.values(), "papers_set_aside")
        before = [list(getattr(locked, name)) for name in fields]
        copies = keep_copies(locked, shown, clerk=clerk, at=at)
        if copies or before != [getattr(locked, name) for name in fields]:
            note(clerk, "add evidence", locked, at, changed(locked, *fields), *copies)


def examine(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Everything that stands against carrying it out, by the law's own function."""
    return examine_in(application, person_state(clerk, application.resident_id), clerk, at)


def examine_in(
    application: Application, state: PersonState, clerk: Clerk, at: datetime
) -> tuple[Refusal, ...]:
    """The same, where the agency was asked already."""
    today = day_in_japan(at)
    if gone := registration_refusals(registration_of(application.resident)):
        return gone
    return application.kind.refusals(application, clerk, state, today)


@cites("S4-4.2")
def reject(
    application: Application, reason: str, *, clerk: Clerk, at: datetime, found_false: bool = False
) -> None:
    """Do not accept the application; neither certificate is issued, and the reason is kept.

    `found_false`: something stated in it was found to be untrue (terms 3(4)); it is kept beside the reason.

    One that was approved can still be rejected until its issuing is complete, for example because the
    register changed in between: the agency issues nothing more for it, and revokes what a cut left behind.
    Raises Conflict E_APPLICATION_STATE afterwards.
    """
    guards.require(clerk, CounterAct.REJECT, application)
    require_entered({"reason": reason})
    if application.state != State.UNDER_EXAMINATION:
        application.kind.abandon(application, clerk)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.REJECT, clerk)
        if locked.state != application.state:
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        locked.state = locked.after(CounterAct.REJECT)
        locked.rejection_reason = reason
        locked.found_false = found_false
        act = "reject false application" if found_false else "reject"
        _examined(locked, act, clerk, at, "rejection_reason", "found_false")


def approve(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """Accept the application. Raises Refused with every refusal, NotAllowed for one's own application."""
    guards.require(clerk, CounterAct.APPROVE, application)
    refusals = examine(application, clerk=clerk, at=at)
    if refusals:
        raise Refused(*refusals)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.APPROVE, clerk)
        if locked.amendable() != application.amendable():  # it was corrected after it was examined
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        locked.state = locked.after(CounterAct.APPROVE)
        _examined(locked, "approve", clerk, at)


def _examined(application: Application, act: str, clerk: Clerk, at: datetime, *more: str) -> None:
    """Write the outcome of an examination: the state, and `more` fields that were set with it."""
    application.examined_by = clerk
    application.examined_at = at
    application.save()
    fields = ("state", "examined_by", "examined_at", *more)
    note(clerk, act, application, at, changed(application, *fields))


def note(
    clerk: Clerk, act: str, application: Application, at: datetime, *written: Written, **detail: str | int
) -> None:
    """The act's entry in the journal, with what it wrote."""
    person = about_resident(application.resident)
    record(clerk, act, about_application(application), at, *written, person=person, **detail)


def held(application: Application, act: CounterAct, clerk: Clerk) -> Application:
    """The application's row, held until the transaction ends, if this clerk may do this with it now."""
    locked = Application.objects.select_for_update().get(pk=application.pk)
    guards.require(clerk, act, locked)
    return locked


def end(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """End an application that cannot be completed any more; what still has effect keeps it.

    One whose certificates lapsed before the hand-over, or whose PINs can no longer be set, for the card is
    gone: each of them is the old or the new one then. Raises Conflict E_APPLICATION_STATE otherwise.
    """
    present = Application.objects.select_related("resident").get(pk=application.pk)
    guards.require(clerk, CounterAct.END, present)
    if not may_end(present, clerk=clerk, at=at):
        raise Conflict("E_APPLICATION_STATE", state=present.state)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.END, clerk)
        locked.state = locked.after(CounterAct.END)
        locked.save(update_fields=["state"])
        note(clerk, "end application", locked, at, changed(locked, "state"))


def may_end(application: Application, *, clerk: Clerk, at: datetime) -> bool:
    """Whether this clerk may end it now, for it cannot be completed any more."""
    if not guards.may(clerk, CounterAct.END, application):
        return False
    state = partial(person_state, clerk, application.resident_id)
    return application.kind.may_end(application, state, day_in_japan(at))


def against_next_step(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why an application cannot go on from where it stands: not be accepted, carried out or handed over."""
    if application.state not in PENDING:
        return ()
    if not application.kind.registered:
        return (REFUSAL,)
    state = person_state(clerk, application.resident_id)
    lapsed = application.kind.lapsed(application, state, day_in_japan(at))
    if application.state == State.ISSUED:
        return lapsed
    against = examine_in(application, state, clerk, at)
    return against if application.resident.removed_on else tuple(dict.fromkeys((*against, *lapsed)))
