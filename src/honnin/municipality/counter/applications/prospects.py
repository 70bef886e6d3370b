"""What stands against an application before anybody works for it: said where its form or page is opened.

Nothing is asked for, copied or typed in that will be refused anyway.
"""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals
from honnin.law.certificates.status import Status
from honnin.law.counter import eligibility, pin_reset
from honnin.law.names.characters import address_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import (
    facts_before_application,
    facts_before_pin_reset,
    standing,
    status_of,
)
from honnin.municipality.counter.applications.models import PENDING, Application, ApplicationState, Clerk
from honnin.municipality.counter.applications.services import examine_in, lapsed_in, person_state
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def against_certificates(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why no certificate at all can be issued to a person as things stand; empty while one could be."""
    each = _against_each(resident, person_state(clerk, resident.pk), clerk, day_in_japan(at))
    if not all(each.values()):
        return ()
    return tuple(dict.fromkeys(refusal for found in each.values() for refusal in found))


def receivable(resident: Resident, state: PersonState, clerk: Clerk, today: date) -> frozenset[Purpose]:
    """For which certificates nothing stands against an application, whatever is shown for it."""
    each = _against_each(resident, state, clerk, today)
    return frozenset(purpose for purpose, against in each.items() if not against)


def _against_each(
    resident: Resident, state: PersonState, clerk: Clerk, today: date
) -> dict[Purpose, tuple[Refusal, ...]]:
    each = {
        purpose: eligibility.refusals_foreseen(
            facts_before_application(resident, purpose, clerk, state, today), today
        )
        for purpose in Purpose
    }
    each[Purpose.SIGNATURE] += address_refusals(resident.address)
    return each


def against_pin_reset(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why a person's PINs cannot be set again as things stand."""
    facts = facts_before_pin_reset(resident, clerk, person_state(clerk, resident.pk))
    return pin_reset.refusals_foreseen(facts, day_in_japan(at))


def against_update(resident: Resident, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why a person's card cannot be brought up to date as things stand; another than the newest never can."""
    state, today = person_state(clerk, resident.pk), day_in_japan(at)
    held = Status.HELD in {status_of(each, today) for each in standing(state, today).values()}
    newest = next(iter(state.cards), None)
    if newest is None:
        return (Refusal("E_CARD_NONE", ("S4-2.2",)),)
    card = CardStanding(
        expiry=newest.expiry_date, valid=newest.valid, reported_lost=state.reported_lost, held=held
    )
    return card_at_hand_refusals(card, today)


def against_next_step(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why an application cannot go on from where it stands: not be accepted, carried out or handed over."""
    if application.state not in PENDING:
        return ()
    state = person_state(clerk, application.resident_id)
    lapsed = lapsed_in(application, state, at)
    if application.state == ApplicationState.ISSUED:
        return lapsed
    against = examine_in(application, state, clerk, at)
    return against if application.resident.removed_on else tuple(dict.fromkeys((*against, *lapsed)))
