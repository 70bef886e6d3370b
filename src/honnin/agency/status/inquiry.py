"""What the status service answers for a certificate now, for the agency's own screens.

Asks with a real OCSP request and reads the signed response, so that a screen shows what everybody is answered
and not what the record was meant to say. Serves people; relying parties ask the responder's own process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cryptography import x509
from cryptography.x509 import ocsp as read

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import certificate_of
from honnin.agency.authority.services import authority
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.recorded import recorded_status
from honnin.agency.status.index import StatusEntry
from honnin.agency.status.responder import Issuer, StatusResponder, responder_for
from honnin.clock import Clock
from honnin.errors import Unavailable
from honnin.law.certificates.status import Status
from honnin.pkix import ocsp
from honnin.translation import Sentence


@dataclass(frozen=True)
class AnsweredStatus:
    """One certificate's record and the status service's answer: never EXPIRED, which it does not know."""

    record: IssuanceRecord
    status: Status
    since: datetime | None


def ask_status(records: Iterable[IssuanceRecord], clock: Clock) -> list[AnsweredStatus]:
    """The answers for these certificates, in their order. Raises Unavailable E_STATUS_UNAVAILABLE."""
    keys = {key.key_id: key for key in IssuingKey.objects.exclude(responder_certificate=None)}
    responder = StatusResponder([_issuer(key) for key in keys.values()], RecordsIndex(), clock)
    return [_answered(responder, keys[record.issuer_key_id], record) for record in records]


def _answered(responder: StatusResponder, key: IssuingKey, record: IssuanceRecord) -> AnsweredStatus:
    request = ocsp.request(ocsp.cert_id_of(certificate_of(key), record.serial_number))
    response = read.load_der_ocsp_response(responder.answer(request).body)
    if response.response_status is not read.OCSPResponseStatus.SUCCESSFUL:
        status = response.response_status.name.lower()
        raise Unavailable(
            "E_STATUS_UNAVAILABLE", address=Sentence("this system's own responder"), reason=status
        )
    return AnsweredStatus(record, _status(response), response.revocation_time_utc)


def _status(response: read.OCSPResponse) -> Status:
    if response.certificate_status is read.OCSPCertStatus.REVOKED:
        held = response.revocation_reason is x509.ReasonFlags.certificate_hold
        return Status.HELD if held else Status.REVOKED
    return Status.GOOD if response.certificate_status is read.OCSPCertStatus.GOOD else Status.UNKNOWN


def _issuer(key: IssuingKey) -> Issuer:
    sign = partial(authority().keys.sign, key.responder_key_name)
    return Issuer(
        key.purpose,
        key.key_id,
        certificate_of(key),
        responder_for(bytes(key.responder_certificate or b""), sign),
    )


class RecordsIndex:
    """The issue records through the agency's own database connection."""

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        found = IssuanceRecord.objects.filter(purpose=purpose, serial_number=serial_number).first()
        if found is None:
            return None
        return StatusEntry(
            found.issuer_key_id, recorded_status(found.status), found.crl_reason, found.status_changed_at
        )
