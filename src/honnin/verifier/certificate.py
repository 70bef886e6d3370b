"""Is this certificate good, now, for this? Path, policy, purpose and status, in one question.

The order of the checks is the order of the answers: an unknown issuer is not asked about, a broken
certificate is not reported as revoked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from honnin.clock import Clock
from honnin.errors import Untrusted
from honnin.identifiers import SerialNumber
from honnin.law.citation import cites
from honnin.law.terms import BasicFour, Purpose
from honnin.pkix.certificate import load
from honnin.pkix.ocsp import CertStatus
from honnin.pkix.path import Requirement, TrustedCertificate
from honnin.pkix.status import CertificateStatus
from honnin.profile.holder import SubstituteFlags, basic_four, substitute_flags
from honnin.verifier.status import StatusSource
from honnin.verifier.trust import TrustStore


@dataclass(frozen=True)
class VerifiedHolder:
    """Who signed: the four attributes that the register certified. `repr` shows none of them."""

    basic_four: BasicFour
    substitute_flags: SubstituteFlags
    certificate: x509.Certificate
    status: CertificateStatus

    @property
    def serial_number(self) -> SerialNumber:
        """The number of the certificate at its issuer."""
        return SerialNumber(self.certificate.serial_number)

    def __repr__(self) -> str:
        return "VerifiedHolder(…)"


@dataclass(frozen=True)
class VerifiedLogin:
    """Who came back: the pair by which a relying party recognises a returning user.

    `issuer` is the CA's DN (RFC 4514). The pair changes when the certificate is renewed; the operator's
    look-up of the new serial number for the old one keeps an account together.
    """

    issuer: str
    serial_number: SerialNumber
    certificate: x509.Certificate
    status: CertificateStatus


class CertificateVerifier:
    """Verifies certificates of both purposes against pinned CAs, accepted policies and a status source.

    Without a source of status every certificate is refused with E_STATUS_UNKNOWN.
    """

    def __init__(
        self,
        trust: TrustStore,
        status: StatusSource | None,
        clock: Clock,
        accepted_policies: Mapping[Purpose, frozenset[str]] | None = None,
    ) -> None:
        """`accepted_policies`: dotted OIDs for each purpose; the deployment's own when not given."""
        self._trust = trust
        self._status = status
        self._clock = clock
        policies = accepted_policies or {
            purpose: frozenset({trust.deployment.policy(purpose)}) for purpose in Purpose
        }
        self._requirements = {
            Purpose.SIGNATURE: _requirement(policies[Purpose.SIGNATURE], "content_commitment", None),
            Purpose.USER_AUTHENTICATION: _requirement(
                policies[Purpose.USER_AUTHENTICATION], "digital_signature", ExtendedKeyUsageOID.CLIENT_AUTH
            ),
        }

    @cites("S4-2.3")
    def verify_signature_certificate(self, encoded: bytes) -> VerifiedHolder:
        """The holder of a DER signature certificate that is good now.

        Raises `Malformed` (E_CERT_MALFORMED, E_CERT_NOT_IN_PROFILE), `Unavailable`
        (E_STATUS_UNAVAILABLE) and `Untrusted` with E_PURPOSE_NOT_ALLOWED, any code of
        `TrustAnchors.validate`, E_CERT_REVOKED, E_CERT_HELD, E_STATUS_UNKNOWN, E_STATUS_UNTRUSTED or
        E_STATUS_STALE, E_STATUS_FUTURE.
        """
        certificate, status = self._verify(encoded, Purpose.SIGNATURE)
        return VerifiedHolder(basic_four(certificate), substitute_flags(certificate), certificate, status)

    def verify_authentication_certificate(self, encoded: bytes) -> VerifiedLogin:
        """Issuer and serial number of a DER user-authentication certificate that is good now.

        It alone proves nobody's presence: for that, see `LoginVerifier`. Raises as
        `verify_signature_certificate`.
        """
        certificate, status = self._verify(encoded, Purpose.USER_AUTHENTICATION)
        issuer = certificate.issuer.rfc4514_string()
        return VerifiedLogin(issuer, SerialNumber(certificate.serial_number), certificate, status)

    @cites("S3-2")
    def _verify(self, encoded: bytes, purpose: Purpose) -> tuple[x509.Certificate, CertificateStatus]:
        now = self._clock.now()
        named = self._trust.purpose_of(load(encoded).issuer)
        if named is not None and named is not purpose:
            raise Untrusted("E_PURPOSE_NOT_ALLOWED", purpose=named.value)
        trusted = self._trust.anchors(purpose).validate(encoded, self._requirements[purpose], at=now)
        return trusted.certificate, self._good_status(trusted, now)

    def _good_status(self, trusted: TrustedCertificate, now: datetime) -> CertificateStatus:
        if self._status is None:
            raise Untrusted("E_STATUS_UNKNOWN")
        status = self._status.status_of(trusted.certificate, trusted.anchor, now)
        if status.cert_status is CertStatus.UNKNOWN:
            raise Untrusted("E_STATUS_UNKNOWN")
        if status.cert_status is CertStatus.REVOKED:
            held = status.reason is x509.ReasonFlags.certificate_hold
            raise Untrusted("E_CERT_HELD" if held else "E_CERT_REVOKED")
        return status


def _requirement(
    policies: frozenset[str], key_usage: str, extended_key_usage: x509.ObjectIdentifier | None
) -> Requirement:
    oids = frozenset(x509.ObjectIdentifier(policy) for policy in policies)
    return Requirement(oids, frozenset({key_usage}), extended_key_usage)
