"""Do database, OCSP responder and revocation lists tell the same story?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp as read
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from honnin.agency.records.models import IssuanceRecord, Status, StatusChange
from honnin.agency.status.services import FILE_NAME, newest_keys
from honnin.clock import Clock, day_in_japan, whole_second
from honnin.errors import Unavailable
from honnin.law.terms import Purpose
from honnin.pkix import ocsp
from honnin.sites.responder import make_responder


@dataclass(frozen=True)
class Audit:
    """How many certificates were compared, how many changes no list shows yet, and every difference."""

    certificates: int
    waiting: int
    faults: list[str]


def audit_status(clock: Clock) -> Audit:
    """Compare every unexpired certificate. Raises Unavailable E_LIST_MISSING before lists were published."""
    responder = make_responder(settings.HOME, clock)
    certificates, waiting, faults = 0, 0, []
    for key in newest_keys():
        issuer = x509.load_der_x509_certificate(bytes(key.certificate))
        listed, made = _list(Purpose(key.purpose))
        unexpired = IssuanceRecord.objects.filter(
            issuer_key_id=key.key_id, expiry_date__gte=day_in_japan(clock.now())
        )
        for record in _with_newest_change(unexpired).iterator(2000):
            certificates += 1
            answer = responder.answer(ocsp.request(ocsp.cert_id_of(issuer, record.serial_number)))
            found = (*_history_faults(record), *_responder_faults(record, answer.body))
            faults += [f"{record}: {fault}" for fault in found]
            if _seen(record) == _listed(listed, record.serial_number):
                continue
            if whole_second(record.status_changed_at) >= made:
                waiting += 1
            else:
                faults.append(f"{record}: the list says otherwise than the record")
    return Audit(certificates, waiting, faults)


def _list(purpose: Purpose) -> tuple[x509.CertificateRevocationList, Any]:
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
