"""From what the clerk entered and what others know to the facts that the law asks for."""

from datetime import date

from honnin.errors import Refusal
from honnin.law.cards.card_state import CardEffect, card_state
from honnin.law.cards.pins import PinKind, pin_of_key
from honnin.law.certificates.status import Status, status_on
from honnin.law.counter.eligibility import ApplicationFacts, CardFacts, EffectiveCertificate
from honnin.law.counter.identity import Evidence, IdentityDocument, ProxyFacts, ProxyKind
from honnin.law.counter.pin_reset import PinResetFacts
from honnin.law.names.characters import address_refusals, needs_substitute, recorded_text_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.evidence.copies import paper
from honnin.municipality.counter.applications.models import Application, Clerk, EvidenceCopy
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import CertificateState, PersonState

PIN_KIND = {purpose: pin_of_key(purpose) for purpose in Purpose}


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
        card=_card(state),
        identity=_evidence(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        effective=_effective(state, today, application),
        reported_lost=state.reported_lost,
        proxy=_proxy(application),
        form_complete=bool(purposes_of(application)),
        terms_accepted=application.terms_accepted,
        adult_ward=resident.adult_ward,
        ward_override=application.ward_override,
        substitutes_needed=needs,
        substitutes_consented=application.substitutes_accepted,
    )


def facts_before_application(
    resident: Resident, purpose: Purpose, clerk: Clerk, state: PersonState, today: date
) -> ApplicationFacts:
    """Register and card of somebody who has not applied for a certificate yet, and has shown nothing."""
    return ApplicationFacts(
        purposes=frozenset({purpose}),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=_card(state),
        identity=Evidence(),
        effective=_effective(state, today),
        reported_lost=state.reported_lost,
    )


def facts_before_pin_reset(resident: Resident, clerk: Clerk, state: PersonState) -> PinResetFacts:
    """The same of somebody who has not applied for PINs to be set again yet."""
    return PinResetFacts(
        pins=frozenset(),
        birth_date=resident.birth_date,
        resident=resident.removed_on is None,
        own_municipality=resident.municipality_id == clerk.municipality_id,
        card=_card(state),
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
        card=_card(state),
        identity=_evidence(application, EvidenceCopy.Whose.APPLICANT, application.identity_documents),
        adult_ward=resident.adult_ward,
        proxy=_proxy(application),
        reported_lost=state.reported_lost,
    )


def status_of(certificate: CertificateState, on: date) -> Status:
    """How a certificate stands on a day, as the law has it."""
    return status_on(certificate.status, certificate.expiry_date, on)


def standing(state: PersonState, on: date) -> dict[Purpose, CertificateState]:
    """The person's certificates that have not lapsed on a day, by purpose."""
    return {each.purpose: each for each in state.certificates if status_of(each, on).stands}


def has_valid_card(state: PersonState, on: date) -> bool:
    """Whether the person has a card that is valid on a day."""
    states = (card_state(card.valid, card.expiry_date, on) for card in state.cards)
    return CardEffect.VALID in states


def has_card(state: PersonState) -> bool:
    """Whether the person has a card that has not ended, though it may have expired."""
    return any(card.valid for card in state.cards)


def brought_by(application: Application, state: PersonState) -> dict[Purpose, CertificateState]:
    """The newest certificate of each purpose that an application brought, whatever became of it."""
    brought = (each for each in state.certificates if each.application_number == application.number)
    return {each.purpose: each for each in sorted(brought, key=lambda each: each.issued_at)}


def pins_of(application: Application) -> frozenset[PinKind]:
    """The PINs that are to be set again."""
    return frozenset(PinKind(kind) for kind in application.pins)


def purposes_of(application: Application) -> frozenset[Purpose]:
    """What was applied for."""
    chosen = {
        Purpose.SIGNATURE: application.signature,
        Purpose.USER_AUTHENTICATION: application.user_authentication,
    }
    return frozenset(purpose for purpose, asked in chosen.items() if asked)


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


def _card(state: PersonState) -> CardFacts | None:
    newest = next(iter(state.cards), None)
    return CardFacts(expiry=newest.expiry_date, valid=newest.valid) if newest else None


def _effective(
    state: PersonState, today: date, application: Application | None = None
) -> dict[Purpose, EffectiveCertificate]:
    """The certificates that stand, save what this very application brought before it was cut off."""
    own = application.number if application else None
    return {
        purpose: EffectiveCertificate(
            expiry=certificate.expiry_date, held=status_of(certificate, today) is Status.HELD
        )
        for purpose, certificate in standing(state, today).items()
        if certificate.application_number != own
    }


def _evidence(application: Application, whose: EvidenceCopy.Whose, documents: list[str]) -> Evidence:
    kept = {copy.document for copy in application.evidence.defer("content") if copy.whose == whose}
    counted = {each for each in documents if paper(whose, each) not in application.papers_set_aside}
    return Evidence(
        documents=frozenset(IdentityDocument(document) for document in counted),
        retained=kept >= counted,
    )


def _proxy(application: Application) -> ProxyFacts | None:
    if not application.proxy_kind:
        return None
    mandate = any(
        copy.whose == EvidenceCopy.Whose.MANDATE
        and paper(copy.whose, copy.document) not in application.papers_set_aside
        for copy in application.evidence.defer("content")
    )
    return ProxyFacts(
        kind=ProxyKind(application.proxy_kind),
        mandate=mandate,
        evidence=_evidence(application, EvidenceCopy.Whose.PROXY, application.proxy_documents),
    )
