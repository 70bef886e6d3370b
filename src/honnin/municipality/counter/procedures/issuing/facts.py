"""From an application for certificates to the facts that the law asks for."""

from datetime import date

from honnin.errors import Refusal
from honnin.law.counter.eligibility import ApplicationFacts
from honnin.law.names.characters import address_refusals, needs_substitute, recorded_text_refusals
from honnin.municipality.counter.applications.facts import evidence_of, proxy_of, purposes_of
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.cards.standing import effective_certificates, newest_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.wire.messages.certificates import PersonState


def application_facts(
    application: Application, clerk: Clerk, state: PersonState, today: date
) -> ApplicationFacts:
    """Register, card and evidence, as they stand now."""
    resident = application.resident
    needs = bool(needs_substitute(resident.name) or needs_substitute(resident.address))
    return ApplicationFacts(
        purposes=purposes_of(application),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        identity=evidence_of(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        effective=effective_certificates(state, today, besides=application.number),
        reported_lost=state.reported_lost,
        proxy=proxy_of(application),
        form_complete=bool(purposes_of(application)),
        terms_accepted=application.terms_accepted,
        adult_ward=resident.adult_ward,
        ward_override=application.ward_override,
        substitutes_needed=needs,
        substitutes_consented=application.substitutes_accepted,
    )


def recorded_form(text: str, substituted: str) -> str:
    """What a certificate will say of a text of the register: itself, unless it needs substitutes.

    The form that a clerk entered for an earlier text is of no use for one that needs none.
    """
    return substituted if substituted and needs_substitute(text) else text


def substitute_refusals(application: Application) -> tuple[Refusal, ...]:
    """Why the texts of the register cannot be recorded in the form that was entered."""
    if not application.signature:
        return ()
    resident = application.resident
    found = (
        *recorded_text_refusals(resident.name, recorded_form(resident.name, application.recorded_name)),
        *recorded_text_refusals(
            resident.address, recorded_form(resident.address, application.recorded_address)
        ),
        *address_refusals(resident.address),
    )
    return tuple(dict.fromkeys(found))
