"""Reading applications and clerks."""

from django.db.models import QuerySet

from honnin.errors import NotAllowed
from honnin.municipality.counter.models import Application, Clerk

ON_ONE_PAGE = 20


def clerk_of(user_name: str) -> Clerk:
    """The clerk behind an account. Raises NotAllowed E_NOT_A_CLERK."""
    clerk = Clerk.objects.select_related("municipality").filter(user_name=user_name).first()
    if clerk is None:
        raise NotAllowed("E_NOT_A_CLERK")
    return clerk


def applications_at(clerk: Clerk) -> QuerySet[Application]:
    """What this municipality's counters received, the newest first."""
    found = Application.objects.filter(municipality=clerk.municipality)
    return found.select_related("resident", "received_by")


def application(clerk: Clerk, number: str) -> Application:
    """One of them. Raises NotAllowed E_OFFICE_WRONG for another municipality's, and for none at all."""
    related = ("resident__municipality", "municipality", "received_by", "examined_by")
    found = Application.objects.select_related(*related).filter(number=number).first()
    if found is None or found.municipality_id != clerk.municipality_id:
        raise NotAllowed("E_OFFICE_WRONG")
    return found
