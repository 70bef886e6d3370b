"""What a clerk does with a card that was handed out: bring it up to date, clear it, take it back.

The agency speaks with the card; the counter relays. Each function may be called again after a cut, and does
what is left to do. Speaking with a card takes its time: what begins it and what is noted at its end are two
acts, each of one instant.
"""

from datetime import datetime

from honnin.card.transport import Transport
from honnin.clock import Clock, day_in_japan
from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import LapseGround
from honnin.municipality.counter import guards
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import against_card
from honnin.municipality.counter.cards.updates import carry_out, number_of, require_own_card
from honnin.municipality.counter.guards.acts import actor
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import (
    NewReport,
    deliver_reports,
    newest_report,
    note_card_updated,
    report_ground,
)
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate
from honnin.wire.messages.certificates import CardFacts


@cites("S1-C3")
def update(resident: Resident, transport: Transport, *, clerk: Clerk, clock: Clock) -> int:
    """Write onto the card what the register says now; returns how many commands it took, 0 if none.

    Raises NotAllowed as `guards.require`, Refused with
    everything that stands against it, CardError when the card goes away.
    """
    guards.require(clerk, CounterAct.UPDATE_CARD, resident)
    began = clock.now()
    deliver_reports(began, resident.pk)
    now = Resident.objects.get(pk=resident.pk)
    request = RequestCardUpdate(number_of(transport), now.pk, CardUpdateKind.UPDATE, bearer=now.basic_four())
    changes = carry_out(now, request, transport, clerk, began)
    note_card_updated(now, actor=actor(clerk), at=clock.now())
    return changes


def clear(resident: Resident, transport: Transport, *, clerk: Clerk, clock: Clock) -> int:
    """Take certificates off the card that have no effect any more; returns how many. Raises as above."""
    guards.require(clerk, CounterAct.CLEAR_CARD, resident)
    request = RequestCardUpdate(number_of(transport), resident.pk, CardUpdateKind.CLEAR)
    return carry_out(resident, request, transport, clerk, clock.now())


def take_back(resident: Resident, transport: Transport, *, clerk: Clerk, clock: Clock) -> int:
    """The holder gives the card back: it loses its validity, its certificates lapse, and it is ended.

    First the records, then the card: one that is pulled out in between is worth nothing already. A card of
    before ends alone, and the person's present one stays valid. Raises as above, and Refused E_CARD_OTHERS
    for somebody else's card, before anything happens.
    """
    guards.require(clerk, CounterAct.TAKE_CARD_BACK, resident)
    at = clock.now()
    since = newest_report(resident)
    card = require_own_card(resident, transport, clerk=clerk)
    request = RequestCardUpdate(card.card_number, resident.pk, CardUpdateKind.END)
    if card.valid:
        _report_invalid(resident, card, clerk, at, since)
    return carry_out(resident, request, transport, clerk, at)


def take_back_unreadable(resident: Resident, *, clerk: Clerk, at: datetime) -> int:
    """The same for a card whose chip cannot be read: it ends in the records alone; 0 if it had ended."""
    guards.require(clerk, CounterAct.TAKE_CARD_BACK, resident)
    since = newest_report(resident)
    valid = [card for card in person_state(clerk, resident.pk).cards if card.valid]
    return sum(_report_invalid(resident, card, clerk, at, since) for card in valid)


def _report_invalid(resident: Resident, card: CardFacts, clerk: Clerk, at: datetime, since: int) -> bool:
    """Whether it was news: a colleague may have reported it since."""
    detail = {"card": card.card_number}
    new = NewReport("report card invalid", LapseGround.CARD_INVALID, since, detail=detail)
    return report_ground(resident, new, clerk=clerk.user_name, at=at) is not None


def against_update(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why a person's card cannot be brought up to date as things stand; another than the newest never can."""
    state, today = person_state(clerk, resident.pk), day_in_japan(at)
    newest = next(iter(state.cards), None)
    if newest is None:
        return (Refusal("E_CARD_NONE", ("S4-2.2",)),)
    return against_card(newest, state, today)
