"""A notice of birth, recorded and reported to the agency."""

from datetime import datetime

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents import changes
from honnin.municipality.residents.changes import Newborn
from honnin.municipality.residents.models import Resident


def record_birth(parent: Resident, child: Newborn, *, clerk: Clerk, at: datetime) -> Resident:
    """Enter a child in the register, in the parent's household; the agency is told at once.

    Raises NotAllowed as `guards.require`, and as `changes.record_birth`.
    """
    guards.require(clerk, CounterAct.RECORD_BIRTH, parent)
    return changes.record_birth(parent, child, clerk=clerk.user_name, at=at)
