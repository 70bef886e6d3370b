"""Another address in the register, reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.law.certificates.lapse import EntryChange
from honnin.law.counter.acts import CounterAct
from honnin.law.names.addresses import amended_address_refusals, change_of_address, day_of_move_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import place_names, record_change_of_address
from honnin.wire.messages.certificates import PersonState


def change_address(
    resident: Resident,
    address: str,
    declared: EntryChange = EntryChange.ADDRESS,
    *,
    moved_on: date | None = None,
    clerk: Clerk,
    at: datetime,
) -> PersonState | None:
    """Record another address of one of the municipality's own residents, within it; the agency is told at
    once. None where that ends no certificate.

    Raises NotAllowed as `guards.require`, as each of the following does; Refused as
    `against_change_of_address`.
    """
    guards.require(clerk, CounterAct.CHANGE_ADDRESS, resident)
    if refusals := against_change_of_address(resident, address, declared, moved_on, on=day_in_japan(at)):
        raise Refused(*refusals)
    by = clerk.user_name
    return record_change_of_address(resident, address, declared, moved_on=moved_on, clerk=by, at=at)


def against_change_of_address(
    resident: Resident, address: str, declared: EntryChange, moved_on: date | None, *, on: date
) -> tuple[Refusal, ...]:
    """Why an address cannot be recorded for a resident; a move (転居) needs its day, nothing else does."""
    refusals = amended_address_refusals(address, resident.municipality.written(), place_names())
    if change_of_address(resident.address, address, declared) is not EntryChange.ADDRESS:
        return refusals
    return (*refusals, *day_of_move_refusals(moved_on, on=on, born=resident.birth_date))
