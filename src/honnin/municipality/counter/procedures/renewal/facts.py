"""From an application for a renewal to the facts that the law asks for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from honnin.law.cards.pins import PinKind
from honnin.law.counter.identity import Evidence, ProxyFacts, ProxyKind
from honnin.law.counter.renewal import PresentCertificate, RenewalFacts
from honnin.law.counter.renewal_pins import DONE, IN_ORDER, PinProof, pins_of_renewal
from honnin.law.terms import Purpose
from honnin.law.validity import authentication_expiry, signature_expiry
from honnin.municipality.counter.applications.certificates.facts import needs_substitutes
from honnin.municipality.counter.applications.facts import (
    brought_by,
    channel_of,
    evidence_of,
    proxy_of,
    purposes_of,
)
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.cards.outcomes import newest
from honnin.municipality.counter.cards.standing import newest_card, standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState

SEALED, NOT_SEALED, NO_ENVELOPE = "sealed", "not_sealed", ""
_INTACT: Mapping[str, bool | None] = {SEALED: True, NOT_SEALED: False, NO_ENVELOPE: None}


def present_certificates(state: PersonState, today: date) -> dict[Purpose, PresentCertificate]:
    """The newest certificate of each purpose, in whatever state."""
    found = ((purpose, newest(state, purpose, today)) for purpose in Purpose)
    return {
        purpose: PresentCertificate(expiry=each.expiry_date, status=each.status)
        for purpose, each in found
        if each is not None
    }


def facts_before_renewal(resident: Resident, clerk: Clerk, state: PersonState, today: date) -> RenewalFacts:
    """Register and card of somebody who has not applied for a renewal yet, and has shown nothing."""
    return RenewalFacts(
        purposes=frozenset(),
        present=present_certificates(state, today),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=newest_card(state),
        identity=Evidence(),
        card_outdated=resident.card_outdated,
        reported_lost=state.reported_lost,
        adult_ward=resident.adult_ward,
    )


def renewal_facts(application: Application, clerk: Clerk, state: PersonState, today: date) -> RenewalFacts:
    """The same with what was asked for and shown."""
    return replace(
        facts_before_renewal(application.resident, clerk, state, today),
        purposes=purposes_of(application),
        channel=channel_of(application),
        identity=evidence_of(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        card_presented=bool(application.details.get("card_presented")),
        proxy=proxy_of_application(application),
        terms_accepted=application.terms_accepted,
        ward_override=application.ward_override,
        substitutes_needed=needs_substitutes(application),
        substitutes_consented=application.substitutes_accepted,
    )


def proxy_of_application(application: Application) -> ProxyFacts | None:
    """Who came for the holder, and in what state the envelope with the form came."""
    proxy = proxy_of(application)
    if proxy is None:
        return None
    return replace(proxy, seal_intact=_INTACT[application.details.get("envelope", NO_ENVELOPE)])


def by_form(application: Application) -> bool:
    """Whether the PINs come in the proxy's envelope: a statutory agent knows or resets them."""
    return application.proxy_kind not in ("", ProxyKind.STATUTORY_AGENT)


def proofs_of(application: Application) -> dict[PinKind, PinProof]:
    """What became of each PIN that the renewal needs, so far, in the order in which they are proved."""
    kept, needed = application.details.get("pins", {}), pins_of_renewal(purposes_of(application))
    return {kind: PinProof(kept.get(kind, PinProof.WANTED)) for kind in IN_ORDER if kind in needed}


def wanted_pins(application: Application) -> list[PinKind]:
    """The PINs that are still to be proved or reset."""
    return [kind for kind, proof in proofs_of(application).items() if proof not in DONE]


def is_recorded(application: Application, state: PersonState) -> bool:
    """Whether the agency has recorded the new certificates: what is left is to write them onto the card."""
    return bool(brought_by(application, state))


def expected_expiries(application: Application, state: PersonState, today: date) -> dict[Purpose, date]:
    """Until when the new certificates would be valid if they were issued on a day: the agency decides."""
    card, birth_date = next(iter(state.cards), None), application.resident.birth_date
    if card is None:
        return {}
    purposes, found = purposes_of(application), {}
    present = standing(state, today).get(Purpose.USER_AUTHENTICATION)
    cap = present.expiry_date if present else None
    if Purpose.USER_AUTHENTICATION in purposes:
        cap = authentication_expiry(birth_date, today, card.expiry_date, renewal=True)
        found[Purpose.USER_AUTHENTICATION] = cap
    if Purpose.SIGNATURE in purposes:
        found[Purpose.SIGNATURE] = signature_expiry(birth_date, today, cap, card.expiry_date, renewal=True)
    return found
