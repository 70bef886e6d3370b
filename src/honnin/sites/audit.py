"""Do records, journal, OCSP responder and revocation lists tell the same story?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from cryptography import x509
from cryptography.x509 import ocsp as read
from django.conf import settings
from django.db.models import Prefetch

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import certificate_of
from honnin.agency.records.life import Life, Step, read_lives
from honnin.agency.records.models import IssuanceRecord, Status, StatusChange
from honnin.agency.status.services import published_keys
from honnin.clock import Clock, day_in_japan, whole_second
from honnin.errors import Unavailable
from honnin.pkix import ocsp
from honnin.pkix.certificate import UNREADABLE
from honnin.pkix.path import authority_key_identifier
from honnin.sites.audit_journal import card_faults, link_faults
from honnin.sites.responder import make_responder

_List = tuple[x509.CertificateRevocationList, datetime]
"""A published list and when it was made."""


@dataclass
class Audit:
    """How many unexpired certificates there are, how many changes no list shows yet, and every difference."""

    certificates: int
    waiting: int
    faults: list[str]


def audit_status(clock: Clock) -> Audit:
    """Compare every certificate's record with the journal, and unexpired ones with responder and list; cards
    and link certificates with the journal.

    Whether the journal itself is whole is `honnin journal verify`'s to say. Memory grows with the number of
    certificates ever issued. Raises Unavailable E_LIST_MISSING before lists were published.
    """
    audit = Audit(0, 0, [])
    changes = Prefetch("changes", StatusChange.objects.order_by("pk"))
    responder, (lives, strays) = make_responder(settings.HOME, clock), read_lives()
    today = day_in_japan(clock.now())
    lists = {key.key_id: _list(name, key) for name, key in published_keys(clock.now()).items()}
    for key in IssuingKey.objects.order_by("id"):
        published, issuer = lists.get(key.key_id), certificate_of(key)
        records = IssuanceRecord.objects.filter(issuer_key_id=key.key_id)
        for record in records.prefetch_related(changes).iterator(2000):
            faults = list(_journal_faults(record, lives.pop(str(record), None)))
            if published and record.expiry_date >= today:
                request = ocsp.request(ocsp.cert_id_of(issuer, record.serial_number))
                faults += _effect_faults(record)
                faults += _responder_faults(record, responder.answer(request).body)
                faults += _list_faults(record, published, audit)
                audit.certificates += 1
            audit.faults += [f"{record}: {fault}" for fault in faults]
    audit.faults += [f"{subject}: issued, and its record is gone" for subject in lives] + strays
    audit.faults += [*card_faults(), *link_faults()]
    return audit


def _journal_faults(record: IssuanceRecord, life: Life | None) -> Iterator[str]:
    """Record and changes are what the journal says became of it, and no certificate came by another way."""
    if life is None:
        yield "the journal knows of no issue"
        return
    yield from life.faults
    if life.issue.get("sha256") != hashlib.sha256(bytes(record.certificate)).hexdigest():
        yield "the certificate is not the one that was issued"
    elif record.issuer_key_id != _issuer_named_by(bytes(record.certificate)):
        yield "issued by another generation than the record says"
    told = life.issue.get("card"), life.issue.get("expiry"), life.issued_at
    if (record.card_number, str(record.expiry_date), record.issued_at) != told:
        yield "card, expiry or time are not those of the issue"
    changes = [Step.of_change(change) for change in record.changes.all()]
    for number, (change, step) in enumerate(zip_longest(changes, life.steps), 1):
        if change != step:
            yield f"change {number} is not what the journal tells"
    status, *since = life.present
    if record.status != status:
        yield f"the record says {record.status}, the journal {status}"
    elif [record.crl_reason, record.status_changed_at] != since:
        yield f"{status} for another reason or since another time than the journal says"


def _issuer_named_by(certificate: bytes) -> str:
    """What a record is listed under must be what the certificate is looked up under."""
    return (authority_key_identifier(x509.load_der_x509_certificate(certificate)) or b"").hex()


def _effect_faults(record: IssuanceRecord) -> Iterator[str]:
    """What has no effect is not found by who reports a loss."""
    if record.effective != (record.status != Status.REVOKED):
        yield f"{record.status}, and {'has' if record.effective else 'has no'} effect"


def _list(name: str, key: IssuingKey) -> _List:
    """The published list of a generation; another generation's in its place is none."""
    path = settings.HONNIN_PUBLICATION / f"{name}.crl"
    try:
        revocation_list = x509.load_der_x509_crl(path.read_bytes())
        signed_with = authority_key_identifier(revocation_list)
    except (OSError, *UNREADABLE) as error:
        raise Unavailable("E_LIST_MISSING") from error
    if signed_with != bytes.fromhex(key.key_id):
        raise Unavailable("E_LIST_MISSING")
    return revocation_list, revocation_list.last_update_utc


def _list_faults(record: IssuanceRecord, published: _List, audit: Audit) -> Iterator[str]:
    """What changed after the list was made waits for the next one."""
    listed, made = published
    if _seen(record) == _listed(listed, record.serial_number):
        return
    if whole_second(record.status_changed_at) >= made:
        audit.waiting += 1
    else:
        yield "the list says otherwise than the record"


def _seen(record: IssuanceRecord) -> tuple[bool, str]:
    return record.status != Status.GOOD, record.crl_reason


def _listed(revocation_list: x509.CertificateRevocationList, serial_number: int) -> tuple[bool, str]:
    entry = revocation_list.get_revoked_certificate_by_serial_number(serial_number)
    if entry is None:
        return False, ""
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        reason = "unspecified"
    return True, reason


def _responder_faults(record: IssuanceRecord, body: bytes) -> Iterator[str]:
    response = read.load_der_ocsp_response(body)
    if response.response_status is not read.OCSPResponseStatus.SUCCESSFUL:
        yield f"the responder answers {response.response_status.name}"
        return
    revoked = response.certificate_status is read.OCSPCertStatus.REVOKED
    if response.certificate_status is read.OCSPCertStatus.UNKNOWN or revoked != (
        record.status != Status.GOOD
    ):
        yield f"the responder says {response.certificate_status.name}, the record {record.status}"
