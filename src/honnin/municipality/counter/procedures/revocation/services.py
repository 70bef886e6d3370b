"""A holder's application to revoke, or notice of compromise, passed on to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents import services as register
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import NewReport, report_ground
from honnin.wire.messages.certificates import PersonState, ReportLapse


@cites("S1-E5", "S2-5", "S4-7.1")
def revoke(
    resident: Resident, ground: LapseGround, purposes: tuple[Purpose, ...], *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Pass on a holder's application to revoke, or notice of compromise (terms 7).

    None, and nothing written here, where none of these certificates is left: it was asked before, or by a
    colleague in between. The agency, which has the last word on that, hears it all the same.
    """
    guards.require(clerk, CounterAct.REVOKE, resident)
    since = register.newest_report(resident)
    if not set(purposes) & set(standing(person_state(clerk, resident.pk), day_in_japan(at))):
        ask_agency(clerk, ReportLapse(resident.pk, ground, purposes))
        return None
    detail = {"ground": str(ground), "purposes": "+".join(sorted(purposes))}
    new = NewReport("ask to revoke", ground, since, purposes, detail)
    return report_ground(resident, new, clerk=clerk.user_name, at=at)


def revocable(state: PersonState, on: date) -> list[Purpose]:
    """The purposes whose certificate has not lapsed on a day."""
    present = standing(state, on)
    return [purpose for purpose in Purpose if purpose in present]
