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
from honnin.municipality.counter.guards.acts import about_resident, record, record_alone
from honnin.municipality.counter.guards.models import Clerk, ReasonedLook, ReasonToLook
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.entered import require_entered
from honnin.municipality.residents.models import Resident

GOOD_FOR = timedelta(minutes=15)
SECOND_CLICK = timedelta(minutes=1)
LOOK_AT_PERSON, LOOK_AT_APPLICATION, LOOK_AT_COPY = "look at person", "look at application", "look at copy"
LOOK_AT_LIST, LOOK_AT_NAME = "look at receptions", "look at name"
LOOK_AT_DUE = "look at renewals due"
SEARCH, GIVE_REASON = "search residents", "reason to look"


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


def give_reason(
    clerk: Clerk, resident: Resident, reason: ReasonToLook, explanation: str, *, at: datetime
) -> ReasonedLook:
    """Say why another municipality's resident must be looked at; what was said is kept and journalled.

    The same, said again within a minute, is a second click.
    """
    if resident.municipality_id == clerk.municipality_id:
        raise NotAllowed("E_OFFICE_WRONG")
    require_entered({"reason": explanation})
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
    given = ReasonedLook.objects.filter(clerk=clerk, resident=resident)
    return given.filter(given_at__gt=at - GOOD_FOR, given_at__lte=at).order_by("-given_at").first()
