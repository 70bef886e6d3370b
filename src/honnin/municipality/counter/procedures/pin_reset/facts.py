"""From an application to set PINs again to the facts that the law asks for."""

from honnin.law.counter.identity import Evidence
from honnin.law.counter.pin_reset import PinResetFacts
from honnin.municipality.counter.applications.facts import channel_of, evidence_of, pins_of, proxy_of
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.cards.standing import newest_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def facts_before_pin_reset(resident: Resident, clerk: Clerk, state: PersonState) -> PinResetFacts:
    """The same of somebody who has not applied for PINs to be set again yet."""
    return PinResetFacts(
        pins=frozenset(),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        identity=Evidence(),
        reported_lost=state.reported_lost,
    )


def pin_reset_facts(application: Application, clerk: Clerk, state: PersonState) -> PinResetFacts:
    """The same for an application to set PINs again."""
    resident = application.resident
    return PinResetFacts(
        pins=pins_of(application),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        channel=channel_of(application),
        identity=evidence_of(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        adult_ward=resident.adult_ward,
        proxy=proxy_of(application),
        reported_lost=state.reported_lost,
    )
