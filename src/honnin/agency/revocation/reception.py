"""Reports that change a certificate's status, and questions about it, as they arrive from a municipality."""

from datetime import datetime
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.agency.card_register.queries import card, cards_of
from honnin.agency.card_register.residence import is_own_resident, municipalities_of
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import records_of
from honnin.agency.records.recorded import recorded_status
from honnin.agency.revocation import services
from honnin.agency.revocation.events import event_counts
from honnin.errors import NotAllowed
from honnin.identifiers import PersonCode
from honnin.law.certificates.lapse import HOLDERS_GROUNDS, REGISTERS_GROUNDS
from honnin.law.certificates.status import Status
from honnin.law.counter.revocation import office_refusals
from honnin.law.terms import Purpose
from honnin.translation import Sentence
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import (
    AskCardHolder,
    AskPersonState,
    CardFacts,
    CardHolder,
    CertificateState,
    PersonState,
    ReportLapse,
    ReportRelease,
    release_statement,
)
from honnin.wire.messages.register import AskEventCounts, EventCounts


def ask_person_state(sender: Sender, message: AskPersonState, at: datetime) -> PersonState:
    """What stands recorded for a person; any municipality may ask, since people move between them."""
    sender.as_municipality()
    return person_state(message.person_code)


def ask_card_holder(sender: Sender, message: AskCardHolder, at: datetime) -> CardHolder:
    """Whose a card is; any municipality may ask, as it may of a person."""
    sender.as_municipality()
    found = card(message.card_number)
    return CardHolder(found.person_code if found else None)


def ask_event_counts(sender: Sender, message: AskEventCounts, at: datetime) -> EventCounts:
    """What was heard of the register of the municipality that asks."""
    return event_counts(sender, message.after)


def report_lapse(sender: Sender, message: ReportLapse, at: datetime) -> PersonState:
    """Carry out a ground for lapse. Raises NotAllowed for a ground that is not a municipality's to report,
    or for a person whose certificates another municipality issued.
    """
    sender.as_municipality()
    if message.ground not in HOLDERS_GROUNDS | REGISTERS_GROUNDS:
        raise NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence(sender.role))
    own = is_own_resident(sender, message.person_code)
    for refusal in office_refusals(own_municipality=own):
        raise NotAllowed(refusal.code)
    services.record_lapse(message.person_code, message.ground, message.purposes, actor=str(sender), at=at)
    return person_state(message.person_code)


def report_release(sender: Sender, message: ReportRelease, at: datetime) -> PersonState:
    """Carry out a release. Raises Refused with every refusal of the law."""
    sender.as_municipality()
    own = sender.municipality_code in municipalities_of(message.person_code)
    services.release(
        message.person_code,
        message.purpose,
        own_municipality=own,
        card_presented=_card_was_shown(message),
        actor=str(sender),
        at=at,
    )
    return person_state(message.person_code)


def _card_was_shown(message: ReportRelease) -> bool:
    """Whether the person's valid card, with its PIN, signed for the release of just this hold.

    Where nothing is held there is nothing to sign, and another refusal to give.
    """
    held = records_of(message.person_code).filter(purpose=message.purpose, status=Status.HELD).first()
    if held is None:
        return True
    cards = cards_of(message.person_code)
    if not any(card.valid and card.card_number == held.card_number for card in cards):
        return False
    certificate = x509.load_der_x509_certificate(bytes(held.certificate))
    statement = release_statement(held.serial_number, held.status_changed_at)
    try:
        key = cast(RSAPublicKey, certificate.public_key())
        key.verify(message.card_signature, statement, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def person_state(person_code: PersonCode) -> PersonState:
    """A person's cards and certificates, the newest first."""
    cards = (CardFacts(card.card_number, card.expiry_date, card.valid) for card in cards_of(person_code))
    reports = reports_about(person_code)
    return PersonState(
        tuple(cards),
        tuple(_certificate(record) for record in records_of(person_code)),
        notices=reports.notices,
        reported_lost=reports.reported_lost,
    )


def _certificate(record: IssuanceRecord) -> CertificateState:
    return CertificateState(
        application_number=record.application_number,
        purpose=Purpose(record.purpose),
        serial_number=record.serial_number,
        issued_at=record.issued_at,
        expiry_date=record.expiry_date,
        delivered=record.delivered_at is not None,
        status=recorded_status(record.status),
        crl_reason=record.crl_reason,
        status_changed_at=record.status_changed_at,
    )
