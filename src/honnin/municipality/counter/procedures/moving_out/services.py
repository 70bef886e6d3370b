"""A notice of moving out, recorded and reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.names.addresses import moving_out_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import place_names, record_move_out
from honnin.wire.messages.certificates import PersonState


def move_out(
    resident: Resident, destination: str, moved_on: date, *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Record a resident's notice of moving to another municipality. Before the planned day the entry stands;
    on the day it is removed, by this act or by the chores.

    Our choice: whoever gives it here while the card is reported lost has come to the counter, and reports the
    loss with it; no counter could take that report afterwards. What the time to move in has ended already is
    ended with it. Raises Refused as `moving_out_refusals`.
    """
    guards.require(clerk, CounterAct.MOVE_OUT, resident)
    own, today = resident.municipality.written(), day_in_japan(at)
    refusals = moving_out_refusals(
        destination, own, place_names(), moved_on=moved_on, on=today, born=resident.birth_date
    )
    if refusals:
        raise Refused(*refusals)
    return record_move_out(resident, destination, moved_on, clerk=clerk.user_name, at=at)
