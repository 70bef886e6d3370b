"""Looking at applications and copies: every look is an entry of the journal, as in `guards.looks`."""

from datetime import datetime

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.evidence.sealing import content_of
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.applications.queries import applications_at
from honnin.municipality.counter.guards.acts import about_application, about_resident, record_alone
from honnin.municipality.counter.guards.looks import LOOK_AT_APPLICATION, LOOK_AT_COPY, LOOK_AT_LIST, SEARCH
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import JOURNAL
from honnin.municipality.residents.queries import Question


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


def about_copy(copy: EvidenceCopy) -> str:
    return f"copy {copy.public_id}"
