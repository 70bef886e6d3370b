"""Which certificates a person could apply for as things stand, whatever would be shown for it."""

from datetime import date, datetime

from honnin.clock import day_in_japan
from honnin.errors import Refusal
from honnin.law.counter import eligibility
from honnin.law.counter.eligibility import ApplicationFacts
from honnin.law.counter.identity import Evidence
from honnin.law.names.characters import address_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import effective_certificates, newest_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def facts_before_application(
    resident: Resident, purpose: Purpose, clerk: Clerk, state: PersonState, today: date
) -> ApplicationFacts:
    """Register and card of somebody who has not applied for a certificate yet, and has shown nothing."""
    return ApplicationFacts(
        purposes=frozenset({purpose}),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        identity=Evidence(),
        effective=effective_certificates(state, today),
        reported_lost=state.reported_lost,
    )


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
