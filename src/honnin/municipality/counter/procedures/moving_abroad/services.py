"""A notice of moving abroad, recorded; reported to the agency on the day of the move."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import continued_use_refusals
from honnin.law.names.addresses import planned_move_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import has_valid_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.departures import record_move_abroad
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def move_abroad(
    resident: Resident,
    destination: str,
    moved_on: date,
    *,
    keeps_card: bool = False,
    clerk: Clerk,
    at: datetime,
) -> PersonState | None:
    """Record a resident's notice of moving abroad. On the planned day the entry is removed, and card and
    certificates end, unless the card goes on (`keeps_card`, 継続利用).

    Raises NotAllowed as `guards.require`, Refused as `against_moving_abroad`, `against_continued_use` and,
    for who has no valid card, the law's `continued_use_refusals`; and as `record_move_abroad`.
    """
    guards.require(clerk, CounterAct.MOVE_ABROAD, resident)
    today = day_in_japan(at)
    refusals = against_moving_abroad(resident, moved_on, on=today)
    if keeps_card:
        has_card = has_valid_card(person_state(clerk, resident.pk), moved_on)
        refusals += against_continued_use(resident, moved_on, on=today, has_card=has_card)
    if refusals:
        raise Refused(*refusals)
    return record_move_abroad(
        resident, destination, moved_on, keeps_card=keeps_card, clerk=clerk.user_name, at=at
    )


def against_moving_abroad(resident: Resident, moved_on: date, *, on: date) -> tuple[Refusal, ...]:
    """As the law's `planned_move_refusals`: a day to come is the rule here."""
    return planned_move_refusals(moved_on, on=on, born=resident.birth_date)


def against_continued_use(
    resident: Resident, moved_on: date, *, on: date, has_card: bool = True
) -> tuple[Refusal, ...]:
    """Why the card does not go on abroad, as far as the register tells."""
    return continued_use_refusals(moved_on, on=on, foreign=bool(resident.stay_status), has_card=has_card)
