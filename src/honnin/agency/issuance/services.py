"""Deciding and recording: a certificate is issued in one transaction, with its record and journal entry."""

import secrets
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.db import transaction

from honnin.agency.authority.services import authority, next_serial_number, numbers_taken
from honnin.agency.card_register.models import Card
from honnin.agency.records.journal import Acted, append_all
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import hold_person
from honnin.agency.records.queries import effective_records
from honnin.agency.records.services import Change, Issued, Recipient, write_change, write_issue
from honnin.clock import day_in_japan, whole_second
from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode, PersonCode, SerialNumber
from honnin.journal.binding import Written
from honnin.law.certificates.lapse import crl_reason
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import BasicFour, LapseGround, Purpose
from honnin.law.validity import authentication_expiry, signature_expiry
from honnin.pkix.certificate import ToBeSigned
from honnin.profile import signature, user_authentication
from honnin.profile.holder import signature_common_name, user_authentication_common_name
from honnin.profile.issuance import Issuer, Particulars, Validity
from honnin.profile.layout import Kind
from honnin.profile.names import Place
from honnin.wire.messages.issuance import ApplicationForm

DATABASE = "agency"
KIND = {Purpose.SIGNATURE: Kind.SIGNATURE, Purpose.USER_AUTHENTICATION: Kind.USER_AUTHENTICATION}
_IN_ORDER = (Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE)
NOT_DELIVERED, RENEWED = (
    Change(Status.REVOKED, ground, crl_reason(ground))
    for ground in (LapseGround.NOT_DELIVERED, LapseGround.RENEWAL)
)
_ALPHABET = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class Order:
    """Everything that issuing one certificate needs to know, besides its public key.

    `renewal`: it takes the place of one that is effective and due. `not_after`: the last days of certificates
    of the same application whose keys were lost, which those in their place do not outlive. `cap`: the last
    day of the authentication certificate that was issued just before; None asks the records.
    """

    form: ApplicationForm
    card: Card
    municipality_code: MunicipalityCode
    actor: str
    at: datetime
    renewal: bool = False
    not_after: Mapping[Purpose, date] = field(default_factory=dict)
    cap: date | None = None

    def recipient(self) -> Recipient:
        return Recipient(
            self.form.application_number,
            self.form.person_code,
            self.card.card_number,
            self.municipality_code,
        )

    def place(self) -> Place:
        return _place(self.form, self.municipality_code)


@cites("S0-9", "S4-3.5")
def issue_certificate(
    order: Order, purpose: Purpose, public_key: RSAPublicKey, *written: Written, serial_number: SerialNumber
) -> tuple[IssuanceRecord, Acted]:
    """Prepare, lint, sign and record one certificate, and what else was `written` for it. Must run inside the
    transaction of its number, which journals the act.

    Raises Conflict E_DUPLICATE_CERT, Malformed E_CERT_NOT_IN_PROFILE; then nothing remains of it.
    """
    office = authority()
    key, issuer = office.issuing(purpose)
    expiry_date = expiry_of(order, purpose)
    particulars = Particulars(serial_number, public_key, Validity(whole_second(order.at), expiry_date))
    to_be_signed = _to_be_signed(order, purpose, issuer, particulars)
    certificate = office.sign(office.prepare(KIND[purpose], key, issuer, to_be_signed))
    issued = Issued(purpose, serial_number, key.key_id, certificate, expiry_date)
    numbers = numbers_taken(purpose, serial_number)
    return write_issue(issued, order.recipient(), numbers, *written, actor=order.actor, at=order.at)


def issue_in_one_transaction(
    order: Order,
    keys: Mapping[Purpose, RSAPublicKey],
    *written: Written,
    ended: Iterable[tuple[IssuanceRecord, Change]] = (),
) -> list[IssuanceRecord]:
    """Issue for each key, authentication first: all of them or none.

    `written`: what the transaction wrote before. `ended`: certificates that end in the same transaction, so
    that these come in their place.
    """
    with transaction.atomic(using=DATABASE):
        hold_person(order.form.person_code)
        records, acts = issue_all(order, keys, *written, ended=ended)
        append_all(acts, order.at)
    return records


def issue_all(
    order: Order,
    keys: Mapping[Purpose, RSAPublicKey],
    *written: Written,
    ended: Iterable[tuple[IssuanceRecord, Change]] = (),
) -> tuple[list[IssuanceRecord], list[Acted]]:
    """As `issue_in_one_transaction`, within the one of the caller, which journals the acts.

    They come into the journal when everything is written, so that two who issue at once never wait for each
    other.
    """
    purposes, records = [purpose for purpose in _IN_ORDER if purpose in keys], []
    numbers = {purpose: next_serial_number(purpose) for purpose in purposes}
    acts = [write_change(record, change, actor=order.actor, at=order.at) for record, change in ended]
    for purpose in purposes:
        also = written if purpose is purposes[0] else ()
        record, act = issue_certificate(order, purpose, keys[purpose], *also, serial_number=numbers[purpose])
        records.append(record)
        acts.append(act)
        if purpose is Purpose.USER_AUTHENTICATION:
            order = replace(order, cap=record.expiry_date)
    return records, acts


@cites("S4-5.1.2")
def expiry_of(order: Order, purpose: Purpose) -> date:
    """The last day of a certificate about to be issued; authentication caps signature."""
    expiry_date = _by_law(order, purpose)
    return min(expiry_date, order.not_after.get(purpose, expiry_date))


def _by_law(order: Order, purpose: Purpose) -> date:
    today = day_in_japan(order.at)
    birth_date, card_expiry = order.form.birth_date, order.card.expiry_date
    if purpose is Purpose.USER_AUTHENTICATION:
        return authentication_expiry(birth_date, today, card_expiry, renewal=order.renewal)
    cap = order.cap or _present_cap(order.form.person_code, today)
    return signature_expiry(birth_date, today, cap, card_expiry, renewal=order.renewal)


def _present_cap(person_code: PersonCode, today: date) -> date | None:
    present = effective_records(person_code, today).get(Purpose.USER_AUTHENTICATION)
    return present.expiry_date if present else None


def _to_be_signed(order: Order, purpose: Purpose, issuer: Issuer, particulars: Particulars) -> ToBeSigned:
    if purpose is Purpose.USER_AUTHENTICATION:
        random = "".join(secrets.choice(_ALPHABET) for _ in range(14))
        name = user_authentication_common_name(random, order.municipality_code, 3)
        subject = user_authentication.UserAuthenticationSubject(name, order.place())
        return user_authentication.to_be_signed(issuer, subject, particulars)
    holder = _holder(order.form, order.place(), particulars.serial_number, order.at)
    return signature.to_be_signed(issuer, holder, particulars)


def _holder(
    form: ApplicationForm, place: Place, serial_number: int, at: datetime
) -> signature.SignatureSubject:
    return signature.SignatureSubject(
        common_name=signature_common_name(at, f"{serial_number % 10**14:014d}"),
        basic_four=BasicFour(form.recorded_name, form.birth_date, form.sex, form.recorded_address),
        place=place,
        name_flags=form.name_flags,
        address_flags=form.address_flags,
    )


def require_certifiable(
    form: ApplicationForm, purposes: Collection[Purpose], municipality_code: MunicipalityCode, at: datetime
) -> None:
    """Raises Malformed E_MESSAGE_MALFORMED for a form of which no certificate can be made, before the card is
    asked for anything: a name or address that is empty or too long, flags of another length, a place that
    cannot be written.
    """
    try:
        place = _place(form, municipality_code)
        if Purpose.SIGNATURE in purposes:
            _holder(form, place, 1, at)
    except ValueError:
        raise Malformed("E_MESSAGE_MALFORMED", message=type(form).__name__) from None


def _place(form: ApplicationForm, municipality_code: MunicipalityCode) -> Place:
    return Place(municipality_code, form.prefecture_romaji, form.municipality_romaji)
