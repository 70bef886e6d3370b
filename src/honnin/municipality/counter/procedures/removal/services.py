"""A removal, recorded and reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import Notice, day_refusals
from honnin.law.counter.registration import Registration
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.departures import record_end_abroad
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of
from honnin.municipality.residents.services import record_removal
from honnin.wire.messages.certificates import PersonState


def remove_entry(
    resident: Resident, on: date, notice: Notice = Notice.DEATH, *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Remove the entry of somebody who has died, or ex officio: card and certificates end at once. So do
    those of who lives abroad with a card that goes on.

    Raises NotAllowed as `guards.require`, Refused as `day_refusals`, and as `record_removal`.
    """
    guards.require(clerk, CounterAct.REMOVE_ENTRY, resident)
    if refusals := day_refusals(on, on=day_in_japan(at), born=resident.birth_date):
        raise Refused(*refusals)
    abroad = registration_of(resident) is Registration.ABROAD
    record = record_end_abroad if abroad else record_removal
    return record(resident, on, notice=notice, clerk=clerk.user_name, at=at)
