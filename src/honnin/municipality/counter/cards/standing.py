"""How a person's card and certificates stand on a day, from what the agency says of them."""

from datetime import date

from honnin.errors import Refusal
from honnin.law.cards.card_state import CardEffect, card_state
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals
from honnin.law.cards.pins import pin_of_key
from honnin.law.certificates.status import Status, status_on
from honnin.law.counter.eligibility import CardFacts, EffectiveCertificate
from honnin.law.terms import Purpose
from honnin.wire.messages.certificates import CardFacts as CardShown
from honnin.wire.messages.certificates import CertificateState, PersonState

PIN_KIND = {purpose: pin_of_key(purpose) for purpose in Purpose}


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


def is_held(state: PersonState, on: date) -> bool:
    """Whether the person's authentication certificate is on hold: no other ever is."""
    return authentication_status(state, on) is Status.HELD


def authentication_status(state: PersonState, on: date) -> Status | None:
    """How the person's authentication certificate stands, if there is one that has not lapsed."""
    present = standing(state, on).get(Purpose.USER_AUTHENTICATION)
    return status_of(present, on) if present else None


def newest_card(state: PersonState) -> CardFacts | None:
    newest = next(iter(state.cards), None)
    return CardFacts(expiry=newest.expiry_date, valid=newest.valid) if newest else None


def against_card(card: CardShown, state: PersonState, on: date) -> tuple[Refusal, ...]:
    """Why nothing is done to a card of this person that is shown, by the law's own function."""
    held = Status.HELD in {status_of(each, on) for each in standing(state, on).values()}
    facts = CardStanding(
        expiry=card.expiry_date, valid=card.valid, reported_lost=state.reported_lost, held=held
    )
    return card_at_hand_refusals(facts, on)


def effective_certificates(
    state: PersonState, today: date, besides: str = ""
) -> dict[Purpose, EffectiveCertificate]:
    """The certificates that stand, save what the application `besides` brought before it was cut off."""
    return {
        purpose: EffectiveCertificate(
            expiry=certificate.expiry_date, held=status_of(certificate, today) is Status.HELD
        )
        for purpose, certificate in standing(state, today).items()
        if certificate.application_number != besides
    }
