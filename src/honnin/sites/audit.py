"""Do records, journal, OCSP responder and revocation lists tell the same story?"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp as read
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from honnin.agency.records.models import IssuanceRecord, JournalEntry, Status, StatusChange
from honnin.agency.status.services import FILE_NAME, newest_keys
from honnin.clock import Clock, day_in_japan, whole_second
from honnin.errors import Unavailable
from honnin.law.terms import Purpose
from honnin.pkix import ocsp
from honnin.sites.responder import make_responder

_List = tuple[x509.CertificateRevocationList, datetime]
"""A published list and when it was made."""


@dataclass
class Audit:
    """How many unexpired certificates there are, how many changes no list shows yet, and every difference."""

    certificates: int
    waiting: int
    faults: list[str]


@dataclass
class _Told:
    """What the journal tells of one certificate: its digest (SHA-256, hex) and what last became of it."""

    sha256: str
    status: str = Status.GOOD
    found: bool = False


def audit_status(clock: Clock) -> Audit:
    """Compare every certificate's record with the journal, and unexpired ones with responder and list.

    Whether the journal itself is whole is `honnin journal verify`'s to say. Memory grows with the number of
    certificates ever issued. Raises Unavailable E_LIST_MISSING before lists were published.
    """
    audit = Audit(0, 0, [])
    responder, told = make_responder(settings.HOME, clock), _journal()
    for key in newest_keys():
        published = _list(Purpose(key.purpose))
        issuer = x509.load_der_x509_certificate(bytes(key.certificate))
        records = IssuanceRecord.objects.filter(issuer_key_id=key.key_id)
        for record in _with_newest_change(records).iterator(2000):
            faults = [*_history_faults(record), *_journal_faults(record, told.get(str(record)))]
            if record.expiry_date >= day_in_japan(clock.now()):
                request = ocsp.request(ocsp.cert_id_of(issuer, record.serial_number))
                faults += _responder_faults(record, responder.answer(request).body)
                faults += _list_faults(record, published, audit)
                audit.certificates += 1
            audit.faults += [f"{record}: {fault}" for fault in faults]
    lost = [subject for subject, what in told.items() if not what.found]
    audit.faults += [f"{subject}: issued, and its record is gone" for subject in lost]
    return audit


def _journal() -> dict[str, _Told]:
    """What became of each certificate by the journal, from the first entry on."""
    told: dict[str, _Told] = {}
    acts = JournalEntry.objects.filter(act__in=["issue", *Status.values]).order_by("sequence")
    for act, subject, detail in acts.values_list("act", "subject", "detail").iterator(2000):
        if act == "issue":
            told[subject] = _Told(str(json.loads(detail).get("sha256")))
        elif subject in told:
            told[subject].status = act
    return told


def _journal_faults(record: IssuanceRecord, told: _Told | None) -> Iterator[str]:
    """A record is what the journal says became of it, and no certificate came by another way."""
    if told is None:
        yield "the journal knows of no issue"
        return
    told.found = True
    if told.sha256 != hashlib.sha256(bytes(record.certificate)).hexdigest():
        yield "the certificate is not the one that was issued"
    if told.status != record.status:
        yield f"the record says {record.status}, the journal {told.status}"


def _list(purpose: Purpose) -> _List:
    path = settings.HONNIN_PUBLICATION / f"{FILE_NAME[purpose]}.crl"
    try:
        revocation_list = x509.load_der_x509_crl(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unavailable("E_LIST_MISSING") from error
    return revocation_list, revocation_list.last_update_utc


def _with_newest_change(records: QuerySet[IssuanceRecord]) -> QuerySet[IssuanceRecord]:
    newest = StatusChange.objects.filter(record=OuterRef("pk")).order_by("-pk")
    return records.annotate(
        last_status=Subquery(newest.values("status")[:1]),
        last_reason=Subquery(newest.values("crl_reason")[:1]),
        last_change=Subquery(newest.values("recorded_at")[:1]),
    )


def _history_faults(record: Any) -> Iterator[str]:
    """A record is what its last change made of it; without any it is good since its issue."""
    if record.last_status is None:
        expected = (Status.GOOD, "", record.issued_at)
    else:
        expected = (record.last_status, record.last_reason, record.last_change)
    if (record.status, record.crl_reason, record.status_changed_at) != expected:
        yield f"the record says {record.status}, its last change {expected[0]}"


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
