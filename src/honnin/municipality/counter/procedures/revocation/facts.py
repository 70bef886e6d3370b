"""From an application for a revocation to the facts that the law asks for."""

from dataclasses import replace
from datetime import date

from honnin.law.counter.identity import Evidence
from honnin.law.counter.revocation import RevocationFacts, WhyRevoked
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import channel_of, evidence_of, proxy_of, purposes_of
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.cards.outcomes import newest
from honnin.municipality.counter.cards.standing import standing, status_of
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import CertificateState, PersonState


def facts_before_revocation(
    resident: Resident, clerk: Clerk, state: PersonState, today: date
) -> RevocationFacts:
    """Register and certificates of somebody who has applied for nothing yet, and has shown nothing."""
    found = {purpose: newest(state, purpose, today) for purpose in Purpose}
    return RevocationFacts(
        purposes=frozenset(),
        why=None,
        present={purpose: status_of(each, today) for purpose, each in found.items() if each is not None},
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        identity=Evidence(),
        adult_ward=resident.adult_ward,
    )


def revocation_facts(
    application: Application, clerk: Clerk, state: PersonState, today: date
) -> RevocationFacts:
    """The same with what was asked for and shown."""
    return replace(
        facts_before_revocation(application.resident, clerk, state, today),
        purposes=purposes_of(application),
        why=why_of(application),
        channel=channel_of(application),
        form_received=bool(application.details.get("form_received")),
        identity=evidence_of(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        proxy=proxy_of(application),
    )


def why_of(application: Application) -> WhyRevoked | None:
    """Why they are to be revoked, as the form says."""
    why = application.details.get("why")
    return WhyRevoked(why) if why else None


def left_to_revoke(
    application: Application, state: PersonState, today: date
) -> dict[Purpose, CertificateState]:
    """The certificates that it names and that stand on a day."""
    present, named = standing(state, today), purposes_of(application)
    return {purpose: present[purpose] for purpose in Purpose if purpose in named and purpose in present}
