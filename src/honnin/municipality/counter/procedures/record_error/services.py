"""An error in a record that a clerk has found, passed on to the agency, which revokes and notifies."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.law.certificates.record_error import purposes_in_error
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.eligibility import false_application_refusals
from honnin.law.terms import LapseGround, Purpose, RecordedItem
from honnin.municipality.counter import guards
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents import services as register
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import NewReport, report_ground
from honnin.wire.messages.certificates import PersonState

RECORDED = "record error found"
"""What the journal calls it."""


@cites("S4-8.1.2", "S4-3.4", "act/13", "act/32")
def record_error(resident: Resident, item: RecordedItem, *, clerk: Clerk, at: datetime) -> PersonState | None:
    """Record that an item is wrong in a resident's certificates, and report it; what says it is revoked.

    The journal tells which item, and the code of a false application. None, and nothing written, where no
    certificate is left that says it.
    """
    guards.require(clerk, CounterAct.RECORD_ERROR, resident)
    since = register.newest_report(resident)
    ended = in_error(person_state(clerk, resident.pk), item, day_in_japan(at))
    if not ended:
        return None
    detail = {"item": str(item), "purposes": "+".join(sorted(ended))}
    for refusal in false_application_refusals(item is RecordedItem.FALSE_APPLICATION):
        detail["code"] = refusal.code
    new = NewReport(RECORDED, LapseGround.RECORD_ERROR, since, tuple(sorted(ended)), detail)
    return report_ground(resident, new, clerk=clerk.user_name, at=at)


def in_error(state: PersonState, item: RecordedItem, on: date) -> frozenset[Purpose]:
    """The certificates that stand on a day and say something untrue where an item is wrong."""
    return purposes_in_error(item) & frozenset(standing(state, on))
