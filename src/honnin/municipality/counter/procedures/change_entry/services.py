"""A change of an entry, recorded and reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import Notice, change_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.changes import EntryChanged, record_entry_change
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def change_entry(resident: Resident, new: EntryChanged, *, clerk: Clerk, at: datetime) -> PersonState | None:
    """Record that items of a resident's entry are another; the agency is told at once.

    Raises NotAllowed as `guards.require`, Refused as `against_change_of_entry`, and as `record_entry_change`.
    """
    guards.require(clerk, CounterAct.CHANGE_ENTRY, resident)
    if refusals := against_change_of_entry(resident, new, on=day_in_japan(at)):
        raise Refused(*refusals)
    return record_entry_change(resident, new, clerk=clerk.user_name, at=at)


def against_change_of_entry(resident: Resident, new: EntryChanged, *, on: date) -> tuple[Refusal, ...]:
    """Why a change cannot be recorded: as the law's `change_refusals`; E_WRITING_MISSING for a minor
    correction of which is not said what it is.
    """
    refusals = change_refusals(new.notice, tuple(new.items), new.on, on=on, born=resident.birth_date)
    if new.notice is Notice.MINOR_CORRECTION and new.items and not new.changes:
        refusals = (*refusals, Refusal("E_WRITING_MISSING", ("rules/20",)))
    return refusals
