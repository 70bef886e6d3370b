"""From an application for certificates to the facts that the law asks for."""

from datetime import date

from honnin.law.counter.eligibility import ApplicationFacts
from honnin.municipality.counter.applications.certificates.facts import needs_substitutes
from honnin.municipality.counter.applications.facts import channel_of, evidence_of, proxy_of, purposes_of
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.cards.standing import effective_certificates, newest_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.wire.messages.certificates import PersonState


def application_facts(
    application: Application, clerk: Clerk, state: PersonState, today: date
) -> ApplicationFacts:
    """Register, card and evidence, as they stand now."""
    resident = application.resident
    return ApplicationFacts(
        purposes=purposes_of(application),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        channel=channel_of(application),
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        identity=evidence_of(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        effective=effective_certificates(state, today, besides=application.number),
        reported_lost=state.reported_lost,
        proxy=proxy_of(application),
        form_complete=bool(purposes_of(application)),
        terms_accepted=application.terms_accepted,
        found_false=application.found_false,
        adult_ward=resident.adult_ward,
        ward_override=application.ward_override,
        substitutes_needed=needs_substitutes(application),
        substitutes_consented=application.substitutes_accepted,
    )
