"""A notice of moving in, recorded and reported to the agency."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import day_refusals
from honnin.law.names.addresses import amended_address_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.acts import record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import JOURNAL
from honnin.municipality.residents.changes import Newcomer, against_moving_in, record_move_in
from honnin.municipality.residents.models import Municipality, Resident
from honnin.municipality.residents.services import place_names
from honnin.wire.messages.certificates import PersonState


def move_in(newcomer: Newcomer, *, clerk: Clerk, at: datetime) -> tuple[Resident, PersonState | None]:
    """Enter somebody who moves into the clerk's municipality; the agency is told at once.

    Raises NotAllowed as `guards.require`, Refused as `against_move_in`, and as `record_move_in`.
    """
    require(clerk, newcomer)
    if refusals := against_move_in(newcomer, clerk.municipality, on=day_in_japan(at)):
        raise Refused(*refusals)
    return record_move_in(newcomer, clerk.municipality_id, clerk=clerk.user_name, at=at)


def require(clerk: Clerk, newcomer: Newcomer) -> None:
    """Raises NotAllowed as `guards.require`, for who is entered in the clerk's municipality herewith."""
    entry = Resident(person_code=newcomer.person_code, municipality_id=clerk.municipality_id)
    guards.require(clerk, CounterAct.MOVE_IN, entry)


def note_look(clerk: Clerk, newcomer: Newcomer, *, at: datetime) -> None:
    """The journal tells of whom a clerk is shown card and certificates before the entry is made."""
    whom = JOURNAL.binder.pseudonym("search", newcomer.person_code)
    record_alone(clerk, "look at newcomer", "register", at, terms=whom)


def against_move_in(newcomer: Newcomer, place: Municipality, *, on: date) -> tuple[Refusal, ...]:
    """Why a notice of moving in cannot be recorded on a day: the address, the day, and who it is."""
    return (
        *amended_address_refusals(newcomer.address, place.written(), place_names()),
        *day_refusals(newcomer.moved_in_on, on=on, born=newcomer.birth_date),
        *against_moving_in(newcomer, place.code),
    )
