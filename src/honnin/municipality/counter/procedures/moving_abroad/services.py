"""A notice of moving abroad, recorded; reported to the agency on the day of the move."""

from datetime import date, datetime

from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import day_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.changes import record_move_abroad
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def move_abroad(
    resident: Resident, destination: str, moved_on: date, *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Record a resident's notice of moving abroad. On the planned day the entry is removed, and card and
    certificates end: that a card goes on abroad (継続利用) is not built.

    Raises NotAllowed as `guards.require`, Refused as `against_moving_abroad`, and as `record_move_abroad`.
    """
    guards.require(clerk, CounterAct.MOVE_ABROAD, resident)
    if refusals := against_moving_abroad(resident, moved_on):
        raise Refused(*refusals)
    return record_move_abroad(resident, destination, moved_on, clerk=clerk.user_name, at=at)


def against_moving_abroad(resident: Resident, moved_on: date) -> tuple[Refusal, ...]:
    """E_DAY_BEFORE_BIRTH; a day to come is the rule here."""
    return day_refusals(moved_on, on=moved_on, born=resident.birth_date)
