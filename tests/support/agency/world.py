"""What the world outside is told of a certificate: by the responder, by the lists."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp as read

from honnin.agency.records.models import IssuanceRecord

Told = tuple[str, str, datetime | None]


def read_answer(body: bytes) -> read.OCSPResponse:
    """A successful response whose signature is right."""
    response = read.load_der_ocsp_response(body)
    assert response.response_status is read.OCSPResponseStatus.SUCCESSFUL
    key = response.certificates[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert response.signature_hash_algorithm is not None
    key.verify(
        response.signature,
        response.tbs_response_bytes,
        padding.PKCS1v15(),
        response.signature_hash_algorithm,
    )
    return response


def error_of(body: bytes) -> str:
    """The name of an unsuccessful response's status."""
    status = read.load_der_ocsp_response(body).response_status
    assert status is not read.OCSPResponseStatus.SUCCESSFUL
    return status.name


def told_by(response: read.OCSPResponse) -> Told:
    """Good, unknown, held or revoked; the reason in RFC 5280's word; since when."""
    if response.certificate_status is not read.OCSPCertStatus.REVOKED:
        return (response.certificate_status.name.lower(), "", None)
    reason = response.revocation_reason.value if response.revocation_reason else "unspecified"
    status = "held" if reason == "certificateHold" else "revoked"
    return (status, reason, response.revocation_time_utc)


def listed_in(revocation_list: x509.CertificateRevocationList, serial_number: int) -> Told:
    """The same from a revocation list; what it does not name is good."""
    entry = revocation_list.get_revoked_certificate_by_serial_number(serial_number)
    if entry is None:
        return ("good", "", None)
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        reason = "unspecified"
    status = "held" if reason == "certificateHold" else "revoked"
    return (status, reason, entry.revocation_date_utc)


def is_signed_by(revocation_list: x509.CertificateRevocationList, ca: x509.Certificate) -> bool:
    key = ca.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return revocation_list.is_signature_valid(key)


def recorded(record: IssuanceRecord) -> Told:
    """The same from the record."""
    if record.status == "good":
        return ("good", "", None)
    return (record.status, record.crl_reason, record.status_changed_at.replace(microsecond=0))
