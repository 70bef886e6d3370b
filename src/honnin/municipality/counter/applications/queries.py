"""Reading applications and clerks."""

from datetime import datetime

from django.db.models import QuerySet

from honnin.errors import NotAllowed
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.applications.states import PENDING, UNFINISHED
from honnin.municipality.counter.declaration import Asked, receiving
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import REPORT_OF_LOSS, ChangeReport, Resident
from honnin.municipality.residents.queries import registration_of

ON_ONE_PAGE = 20


def applications_at(clerk: Clerk) -> QuerySet[Application]:
    """What this municipality's counters received, the newest first."""
    found = Application.objects.filter(municipality=clerk.municipality)
    return found.select_related("resident", "received_by")


def application(clerk: Clerk, number: str) -> Application:
    """One of them. Raises NotAllowed E_OFFICE_WRONG for another municipality's, and for none at all."""
    related = ("resident__municipality", "municipality", "received_by", "examined_by")
    found = Application.objects.select_related(*related).filter(number=number).first()
    if found is None:
        raise NotAllowed("E_OFFICE_WRONG")
    guards.require(clerk, CounterAct.LOOK_AT_APPLICATION, found)
    return found


def evidence_copy(clerk: Clerk, number: str, public_id: str) -> EvidenceCopy:
    """A copy kept with one of this municipality's applications, sealed as it is.

    Raises NotAllowed E_OFFICE_WRONG as above, and where the application has no such copy.
    """
    found = application(clerk, number)
    guards.require(clerk, CounterAct.LOOK_AT_COPY, found)
    copy = found.evidence.select_related("application").filter(public_id=public_id).first()
    if copy is None:
        raise NotAllowed("E_OFFICE_WRONG")
    return copy


def in_the_way(clerk: Clerk, resident: Resident, asked: Asked) -> Application | None:
    """The application under way beside which this municipality receives no such one, if there is one.

    Raises LookupError where no procedure receives such a request.
    """
    procedure, kind = receiving(asked)
    found = applications_at(clerk).filter(resident=resident, state__in=UNFINISHED)
    return (found.filter(procedure=procedure) if kind.beside_others else found).first()


def open_application(clerk: Clerk, resident: Resident) -> Application | None:
    """This municipality's application that is under way for a person, if there is one."""
    unfinished = UNFINISHED
    return applications_at(clerk).filter(resident=resident, state__in=unfinished).first()


def applications_of(clerk: Clerk, resident: Resident) -> list[Application]:
    """What this municipality's counters received from a person or for them, the newest first."""
    return list(applications_at(clerk).filter(resident=resident))


def moving_out_recorded(person: Resident) -> tuple[datetime | None, str]:
    """When somebody's moving out was recorded, and the name of the clerk who did; of notices of an earlier
    version the time is not kept.
    """
    reports = ChangeReport.objects.filter(resident=person, ground=REPORT_OF_LOSS).order_by("-pk")
    report = reports.first()  # written with the notice: no report of a loss comes after it
    if report is None or registration_of(person) is not Registration.MOVED_OUT:
        return None, ""
    clerk = Clerk.objects.filter(user_name=report.clerk).first()
    return report.known_at, clerk.name if clerk else report.clerk


def pending_applications(clerk: Clerk, resident: Resident) -> list[Application]:
    """This municipality's applications for a person that have not come to their end, the newest first."""
    return list(applications_at(clerk).filter(resident=resident, state__in=PENDING))
