"""What an OCSP response or a CRL proves about one certificate (RFC 6960, 3.2; RFC 5280, 6.3).

A proof that does not hold raises `Untrusted`: E_STATUS_UNTRUSTED when it is not genuine or not about this
certificate, E_STATUS_STALE when it was true once but is too old,
E_STATUS_FUTURE when it was made after now: one of two clocks is wrong. A proof that holds is a
`CertificateStatus`, which may say `unknown`; to take that for good is for nobody.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from honnin.errors import Unavailable, Untrusted
from honnin.pkix.certificate import UNREADABLE, subject_key_identifier
from honnin.pkix.ocsp import CertID, CertStatus, cert_id_of
from honnin.pkix.path import authority_key_identifier, is_ca, require_issued_by

CLOCK_SKEW = timedelta(minutes=1)
"""How far two honest clocks may differ (our choice)."""

_UNTRUSTED = "E_STATUS_UNTRUSTED"
_STALE = "E_STATUS_STALE"
_FUTURE = "E_STATUS_FUTURE"


@dataclass(frozen=True)
class CertificateStatus:
    """What was proved: the status, why and when it was revoked, and until when the proof may be used."""

    cert_status: CertStatus
    this_update: datetime
    next_update: datetime
    reason: x509.ReasonFlags | None = None
    revocation_time: datetime | None = None


@dataclass(frozen=True)
class StatusQuestion:
    """One certificate, its issuer, the instant of asking, and the nonce that was sent, if one was."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    at: datetime
    nonce: bytes | None = None


def check_ocsp_response(encoded: bytes, question: StatusQuestion) -> CertificateStatus:
    """What a DER OCSPResponse proves about the certificate in question.

    The signer must be the issuer itself or a responder that the issuer certified for this
    (id-kp-OCSPSigning, id-pkix-ocsp-nocheck). A nonce that was sent must come back.

    Raises `Unavailable("E_STATUS_UNAVAILABLE")` for tryLater and internalError, `Untrusted` otherwise.
    """
    try:
        response = ocsp.load_der_ocsp_response(encoded)
        _require_success(response.response_status)
        _require_signed(response, question)
        _require_nonce(response.extensions, question.nonce)
        return _single_answer(response, question)
    except UNREADABLE as error:
        raise Untrusted(_UNTRUSTED) from error


def _require_success(status: ocsp.OCSPResponseStatus) -> None:
    if status in (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.INTERNAL_ERROR):
        status_name = status.name.lower()
        raise Unavailable(
            "E_STATUS_UNAVAILABLE", address="OCSP", reason=status_name, response_status=status_name
        )
    if status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise Untrusted(_UNTRUSTED, response_status=status.name.lower())


def _require_signed(response: ocsp.OCSPResponse, question: StatusQuestion) -> None:
    if response.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        raise Untrusted(_UNTRUSTED)
    for candidate in (question.issuer, *response.certificates):
        if _is_responder(response, candidate):
            if candidate != question.issuer:
                _require_delegated(candidate, question)
            _verify(candidate, response.signature, response.tbs_response_bytes)
            return
    raise Untrusted(_UNTRUSTED)


def _is_responder(response: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    if response.responder_key_hash is None:
        return candidate.subject == response.responder_name
    key = candidate.public_key()
    return isinstance(key, rsa.RSAPublicKey) and subject_key_identifier(key) == response.responder_key_hash


def _verify(signer: x509.Certificate, signature: bytes, signed: bytes) -> None:
    key = signer.public_key()
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise Untrusted(_UNTRUSTED)
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise Untrusted(_UNTRUSTED) from error


def _require_delegated(responder: x509.Certificate, question: StatusQuestion) -> None:
    """RFC 6960, 4.2.2.2: certified by the very issuer, for signing OCSP responses, and in time."""
    try:
        require_issued_by(responder, question.issuer)
        usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (Untrusted, x509.ExtensionNotFound) as error:
        raise Untrusted(_UNTRUSTED) from error
    in_time = responder.not_valid_before_utc <= question.at <= responder.not_valid_after_utc
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usage or not in_time:
        raise Untrusted(_UNTRUSTED)


def _require_nonce(extensions: x509.Extensions, sent: bytes | None) -> None:
    echoed = b""
    for extension in extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            echoed = extension.value.nonce
        elif extension.critical:
            raise Untrusted(_UNTRUSTED)
    if sent is not None and not hmac.compare_digest(echoed, sent):
        raise Untrusted(_UNTRUSTED)


def _single_answer(response: ocsp.OCSPResponse, question: StatusQuestion) -> CertificateStatus:
    serial_number = question.certificate.serial_number
    for single in response.responses:
        hash_name = single.hash_algorithm.name
        found = CertID(hash_name, single.issuer_name_hash, single.issuer_key_hash, single.serial_number)
        if hash_name in ("sha1", "sha256") and found == cert_id_of(question.issuer, serial_number, hash_name):
            return _fresh_status(single, question.at)
    raise Untrusted(_UNTRUSTED)


def _fresh_status(single: ocsp.OCSPSingleResponse, at: datetime) -> CertificateStatus:
    if single.next_update_utc is None:  # RFC 5019, 2.2.4: without it nothing says how old is too old
        raise Untrusted(_UNTRUSTED)
    _require_fresh(single.this_update_utc, single.next_update_utc, at)
    revoked = single.certificate_status is ocsp.OCSPCertStatus.REVOKED
    return CertificateStatus(
        CertStatus[single.certificate_status.name],
        single.this_update_utc,
        single.next_update_utc,
        (single.revocation_reason or x509.ReasonFlags.unspecified) if revoked else None,
        single.revocation_time_utc,
    )


def _require_fresh(this_update: datetime, next_update: datetime, at: datetime) -> None:
    if at < this_update - CLOCK_SKEW:
        raise Untrusted(_FUTURE, this_update=this_update.isoformat(), now=at.isoformat(timespec="seconds"))
    if at > next_update + CLOCK_SKEW:
        raise Untrusted(_STALE)


class VerifiedCRL:
    """A CRL whose signature was checked once, to be asked about many certificates of its issuer."""

    def __init__(self, encoded: bytes, issuer: x509.Certificate) -> None:
        """Raises `Untrusted("E_STATUS_UNTRUSTED")` for a list that the issuer did not sign, that is
        indirect, a delta, limited to some reasons, or has a critical extension not understood here.
        """
        try:
            self._crl = x509.load_der_x509_crl(encoded)
            self._scope = _scope(self._crl)
            self._require_signed_by(issuer)
            self.this_update = self._crl.last_update_utc
            next_update = self._crl.next_update_utc
        except UNREADABLE as error:
            raise Untrusted(_UNTRUSTED) from error
        if next_update is None:  # RFC 5280, 5.1.2.5 requires it
            raise Untrusted(_UNTRUSTED)
        self.next_update = next_update
        self.issuer = issuer

    def _require_signed_by(self, issuer: x509.Certificate) -> None:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        key = issuer.public_key()
        named = authority_key_identifier(self._crl)
        if (
            not isinstance(key, rsa.RSAPublicKey)
            or not usage.crl_sign
            or self._crl.issuer != issuer.subject
            or self._crl.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256
            or named not in (None, subject_key_identifier(key))
            or not self._crl.is_signature_valid(key)
        ):
            raise Untrusted(_UNTRUSTED)

    def status_of(self, certificate: x509.Certificate, at: datetime) -> CertificateStatus:
        """What the list proves about a certificate of its issuer.

        Raises `Untrusted` with E_STATUS_FUTURE before thisUpdate, E_STATUS_STALE after nextUpdate, and with
        E_STATUS_UNTRUSTED for a certificate that the list does not speak for.
        """
        _require_fresh(self.this_update, self.next_update, at)
        try:
            self._require_in_scope(certificate)
            position = self._positions.get(certificate.serial_number)
            if position is None:
                return CertificateStatus(CertStatus.GOOD, self.this_update, self.next_update)
            return self._revoked(self._crl[position])
        except UNREADABLE as error:
            raise Untrusted(_UNTRUSTED) from error

    @cached_property
    def _positions(self) -> dict[int, int]:
        """Where each serial number stands; the library's own search walks through the whole list."""
        return {entry.serial_number: position for position, entry in enumerate(self._crl)}

    def _revoked(self, entry: x509.RevokedCertificate) -> CertificateStatus:
        reason = x509.ReasonFlags.unspecified
        for extension in entry.extensions:
            if isinstance(extension.value, x509.CRLReason):
                reason = extension.value.reason
            elif extension.critical:
                raise Untrusted(_UNTRUSTED)
        return CertificateStatus(
            CertStatus.REVOKED, self.this_update, self.next_update, reason, entry.revocation_date_utc
        )

    def _require_in_scope(self, certificate: x509.Certificate) -> None:
        """RFC 5280, 6.3.3 (b): the right issuer, kind of certificate and distribution point."""
        try:
            require_issued_by(certificate, self.issuer)
        except Untrusted as error:
            raise Untrusted(_UNTRUSTED) from error
        if self._scope is None:
            return
        of_ca = is_ca(certificate)
        if (self._scope.only_contains_user_certs and of_ca) or (
            self._scope.only_contains_ca_certs and not of_ca
        ):
            raise Untrusted(_UNTRUSTED)
        if self._scope.full_name is not None and not any(
            name in self._scope.full_name for name in _distribution_points(certificate)
        ):
            raise Untrusted(_UNTRUSTED)


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    scope = None
    for extension in crl.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            scope = extension.value
        elif extension.critical or extension.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            raise Untrusted(_UNTRUSTED)
    if scope is not None and (
        scope.indirect_crl
        or scope.only_some_reasons
        or scope.only_contains_attribute_certs
        or scope.relative_name is not None
    ):
        raise Untrusted(_UNTRUSTED)
    return scope


def _distribution_points(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [name for point in points for name in point.full_name or ()]
