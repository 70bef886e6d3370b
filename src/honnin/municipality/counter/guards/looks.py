"""Looking at people: every look is an entry of the journal, written before anything is shown.

Each page shown is one entry, a reload too. Where the entry cannot be written nothing is shown
(E_RECORDS_UNAVAILABLE). An entry names the clerk, the page, and the person or copy by its opaque id; what was
searched for stands there as a keyed digest. Of another municipality's resident a clerk sees name and
municipality; for more the clerk says why first, and that is an entry too, good for fifteen minutes.
"""

from datetime import datetime, timedelta

from django.db import transaction

from honnin.errors import NotAllowed
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.evidence.sealing import content_of
from honnin.municipality.counter.applications.models import (
    Application,
    Clerk,
    EvidenceCopy,
    ReasonedLook,
    ReasonToLook,
)
from honnin.municipality.counter.applications.queries import applications_at
from honnin.municipality.counter.guards.acts import (
    about_application,
    about_copy,
    about_resident,
    record,
    record_alone,
)
from honnin.municipality.records.journal import DATABASE, JOURNAL
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import Question, find_residents
from honnin.wire.line import line_to
from honnin.wire.messages.certificates import AskCardHolder

GOOD_FOR = timedelta(minutes=15)
SECOND_CLICK = timedelta(minutes=1)
LOOK_AT_PERSON, LOOK_AT_APPLICATION, LOOK_AT_COPY = "look at person", "look at application", "look at copy"
LOOK_AT_LIST, LOOK_AT_NAME = "look at receptions", "look at name"
SEARCH, GIVE_REASON = "search residents", "reason to look"


def search(clerk: Clerk, question: Question, *, at: datetime) -> list[Resident]:
    """Look people up in the register of every municipality here. Raises as the line for a card number."""
    holder = None
    if question.card_number:
        line = line_to("agency", clerk.municipality_id)
        holder = line.ask(AskCardHolder(question.card_number), clerk.user_name).person_code
    found = find_residents(question, own=clerk.municipality_id, card_holder=holder)
    terms = JOURNAL.binder.pseudonym("search", *question.terms)
    shown = " ".join(each.public_id for each in found)
    record_alone(clerk, SEARCH, "register", at, hits=len(found), terms=terms, shown=shown)
    return found


def search_application(clerk: Clerk, question: Question, *, at: datetime) -> Application | None:
    """The application of the number that was asked for, where this municipality's counters received it."""
    found = applications_at(clerk).filter(number=question.application).first()
    terms = JOURNAL.binder.pseudonym("search", *question.terms)
    shown = found.resident.public_id if found else ""
    record_alone(clerk, SEARCH, "receptions", at, hits=int(found is not None), terms=terms, shown=shown)
    return found


def at_list(clerk: Clerk, applications: list[Application], *, at: datetime) -> None:
    """The list of receptions, which shows names."""
    shown = " ".join(application.resident.public_id for application in applications)
    record_alone(clerk, LOOK_AT_LIST, "receptions", at, hits=len(applications), shown=shown)


def at_person(clerk: Clerk, resident: Resident, page: str, *, at: datetime) -> None:
    """Everything of the entry in the register. Raises NotAllowed E_OFFICE_WRONG as `guards.require`."""
    reason = reason_given(clerk, resident, at)
    guards.require(clerk, CounterAct.LOOK_AT_PERSON, resident, reason_given=reason is not None)
    why = {"reason": reason.reason} if reason else {}
    record_alone(clerk, LOOK_AT_PERSON, about_resident(resident), at, page=page, **why)


def sees_entry(clerk: Clerk, resident: Resident, at: datetime) -> bool:
    """Whether this clerk sees more of a person than name and municipality."""
    given = reason_given(clerk, resident, at) is not None
    return guards.may(clerk, CounterAct.LOOK_AT_PERSON, resident, reason_given=given)


def at_name(clerk: Clerk, resident: Resident, *, at: datetime) -> None:
    """Name and municipality of another municipality's resident, which any clerk may see."""
    record_alone(clerk, LOOK_AT_NAME, about_resident(resident), at)


def at_application(clerk: Clerk, application: Application, page: str, *, at: datetime) -> None:
    """An application, and the applicant's entry where `sees_entry`. Raises NotAllowed as `guards.require`."""
    guards.require(clerk, CounterAct.LOOK_AT_APPLICATION, application)
    subject, person = about_application(application), about_resident(application.resident)
    record_alone(clerk, LOOK_AT_APPLICATION, subject, at, page=page, person=person)


def at_copy(clerk: Clerk, copy: EvidenceCopy, *, at: datetime) -> bytes:
    """A kept copy, opened. Raises NotAllowed as `guards.require`, and what `content_of` raises."""
    guards.require(clerk, CounterAct.LOOK_AT_COPY, copy.application)
    person = about_resident(copy.application.resident)
    number = copy.application_id
    record_alone(clerk, LOOK_AT_COPY, about_copy(copy), at, application=number, person=person)
    return content_of(copy)


def give_reason(
    clerk: Clerk, resident: Resident, reason: ReasonToLook, explanation: str, *, at: datetime
) -> ReasonedLook:
    """Say why another municipality's resident must be looked at; what was said is kept and journalled.

    The same, said again within a minute, is a second click.
    """
    if resident.municipality_id == clerk.municipality_id:
        raise NotAllowed("E_OFFICE_WRONG")
    with transaction.atomic(using=DATABASE):
        Clerk.objects.select_for_update().get(pk=clerk.pk)
        before = reason_given(clerk, resident, at)
        is_same = before is not None and (before.reason, before.explanation) == (reason, explanation)
        if before is not None and is_same and before.given_at > at - SECOND_CLICK:
            return before
        given = ReasonedLook.objects.create(
            clerk=clerk, resident=resident, reason=reason, explanation=explanation, given_at=at
        )
        record(clerk, GIVE_REASON, about_resident(resident), at, given, reason=reason)
    return given


def reason_given(clerk: Clerk, resident: Resident, at: datetime) -> ReasonedLook | None:
    """What this clerk said about this person within the last fifteen minutes."""
    said = ReasonedLook.objects.filter(clerk=clerk, resident=resident)
    return said.filter(given_at__gt=at - GOOD_FOR, given_at__lte=at).order_by("-given_at").first()
