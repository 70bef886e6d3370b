"""A notice of birth, recorded and reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import day_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents import changes
from honnin.municipality.residents.changes import Newborn, born_already
from honnin.municipality.residents.models import Resident


def record_birth(parent: Resident, child: Newborn, *, clerk: Clerk, at: datetime) -> Resident:
    """Enter a child in the register, in the parent's household; the agency is told at once.

    Raises NotAllowed as `guards.require`, Refused as `against_birth`, and as `changes.record_birth`.
    """
    guards.require(clerk, CounterAct.RECORD_BIRTH, parent)
    if refusals := against_birth(parent, child, on=day_in_japan(at)):
        raise Refused(*refusals)
    return changes.record_birth(parent, child, clerk=clerk.user_name, at=at)


def against_birth(parent: Resident, child: Newborn, *, on: date) -> tuple[Refusal, ...]:
    """Why a birth cannot be recorded on a day: as the law's `day_refusals`, of the parent's birth;
    E_BIRTH_RECORDED for a child of this name and day that is entered at this address.
    """
    again = (Refusal("E_BIRTH_RECORDED", ("register-act/8",)),) if born_already(parent, child) else ()
    return (*day_refusals(child.birth_date, on=on, born=parent.birth_date), *again)
