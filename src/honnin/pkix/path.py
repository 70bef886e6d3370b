"""Validation of an end-entity certificate against pinned trust anchors (RFC 5280, section 6).

The paths of this service are one certificate long: the anchor is the issuing CA itself, in several
generations that share a name and differ in their keys. Longer paths (a bridge) are not for this module; the
link from one generation to the next leads to another anchor, and stands in no path.
Nothing here answers with a boolean: a certificate is returned with its anchor, or `Untrusted` says why
not. Revocation is a separate question, see `honnin.pkix.status`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from honnin.errors import Untrusted
from honnin.pkix.certificate import UNREADABLE, load

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
_DER = Encoding.DER
_MINIMUM_KEY_BITS = 2048


@dataclass(frozen=True)
class Requirement:
    """What a certificate must be good for, beyond being genuine.

    `policies`: at least one must be named by the certificate; anyPolicy is not taken for an answer.
    `key_usage`: attributes of `x509.KeyUsage` that must be asserted.
    `extended_key_usage`: must be named; `None` asks that no extended key usage be present at all.
    """

    policies: frozenset[x509.ObjectIdentifier]
    key_usage: frozenset[str]
    extended_key_usage: x509.ObjectIdentifier | None = None


@dataclass(frozen=True)
class TrustedCertificate:
    """A certificate that stood the validation, the anchor that issued it and the policy it was for."""

    certificate: x509.Certificate
    anchor: x509.Certificate
    policy: x509.ObjectIdentifier


class TrustAnchors:
    """The pinned CA certificates, possibly several generations under one name."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        """Raises `Untrusted` for a certificate that cannot be the issuer of others."""
        self._by_name: dict[x509.Name, list[x509.Certificate]] = {}
        for certificate in certificates:
            _require_certification_authority(certificate)
            self._by_name.setdefault(certificate.subject, []).append(certificate)

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate:
        """The anchor whose key signed the certificate: by name and key identifier, then by signature.

        Raises `Untrusted` with E_ISSUER_UNKNOWN or E_SIGNATURE_BROKEN.
        """
        candidates = self._candidates(certificate)
        if not candidates:
            raise Untrusted("E_ISSUER_UNKNOWN")
        for anchor in candidates:
            try:
                require_issued_by(certificate, anchor)
            except Untrusted:
                continue
            return anchor
        raise Untrusted("E_SIGNATURE_BROKEN")

    def validate(
        self, certificate: x509.Certificate | bytes, requirement: Requirement, *, at: datetime
    ) -> TrustedCertificate:
        """The certificate with its anchor, if it is good for the requirement at that instant.

        Raises `Malformed("E_CERT_MALFORMED")` for unreadable bytes and `Untrusted` with E_ISSUER_UNKNOWN,
        E_SIGNATURE_BROKEN, E_ISSUER_EXPIRED, E_CERT_NOT_YET_VALID, E_CERT_EXPIRED, E_CRITICAL_EXTENSION,
        E_KEY_USAGE or E_POLICY_NOT_ACCEPTED, in this order.
        """
        encoded = certificate if isinstance(certificate, bytes) else certificate.public_bytes(_DER)
        leaf = load(encoded)
        anchor = self.issuer_of(leaf)
        _require_in_time(leaf, anchor, at)
        _require_extensions_understood(leaf)
        _require_usage(leaf, requirement)
        return TrustedCertificate(leaf, anchor, _accepted_policy(leaf, requirement.policies))

    def require_linked(self, root: x509.Certificate, link: x509.Certificate, *, at: datetime) -> None:
        """One of the anchors certifies the key of `root`, another generation under its name, by `link`.

        RFC 4210, 4.4. Raises `Untrusted` with E_ISSUER_UNKNOWN (no anchor's link, or another name or key),
        E_SIGNATURE_BROKEN, E_ISSUER_EXPIRED, E_CERT_NOT_YET_VALID, E_CERT_EXPIRED, E_CRITICAL_EXTENSION or
        E_KEY_USAGE. Whether the anchor has revoked the link is not asked.
        """
        _require_in_time(link, self.issuer_of(link), at)
        _require_extensions_understood(link)
        _require_certification_authority(link)
        require_issued_by(root, root)
        if (link.subject, link.public_key()) != (root.subject, root.public_key()):
            raise Untrusted("E_ISSUER_UNKNOWN")

    def _candidates(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        anchors = self._by_name.get(certificate.issuer, [])
        key_identifier = authority_key_identifier(certificate)
        if key_identifier is None:
            return anchors
        return [anchor for anchor in anchors if _own_key_identifier(anchor) in (key_identifier, None)]


def require_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Names chain and the issuer's key made the signature, by sha256WithRSAEncryption.

    Raises `Untrusted("E_SIGNATURE_BROKEN")`.
    """
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        raise Untrusted("E_SIGNATURE_BROKEN")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE) as error:
        raise Untrusted("E_SIGNATURE_BROKEN") from error


def authority_key_identifier(
    signed: x509.Certificate | x509.CertificateRevocationList,
) -> bytes | None:
    """The issuer's key identifier that the certificate or CRL names, if it names one."""
    try:
        extension = signed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return extension.value.key_identifier


def _own_key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether it says that its holder may certify others (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):  # ValueError: extensions that cannot be read
        return False


def _require_certification_authority(certificate: x509.Certificate) -> None:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Untrusted("E_KEY_USAGE") from error
    key = certificate.public_key()
    if not constraints.ca or not usage.key_cert_sign:
        raise Untrusted("E_KEY_USAGE")
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _MINIMUM_KEY_BITS:
        raise Untrusted("E_KEY_USAGE")


def _require_in_time(leaf: x509.Certificate, anchor: x509.Certificate, at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if not anchor.not_valid_before_utc <= at <= anchor.not_valid_after_utc:
        raise Untrusted("E_ISSUER_EXPIRED")
    if at < leaf.not_valid_before_utc:
        raise Untrusted("E_CERT_NOT_YET_VALID")
    if at > leaf.not_valid_after_utc:
        raise Untrusted("E_CERT_EXPIRED")


def _require_extensions_understood(leaf: x509.Certificate) -> None:
    for extension in leaf.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise Untrusted("E_CRITICAL_EXTENSION", oid=extension.oid.dotted_string)


def _require_usage(leaf: x509.Certificate, requirement: Requirement) -> None:
    values = {extension.oid: extension.value for extension in leaf.extensions}
    constraints = values.get(ExtensionOID.BASIC_CONSTRAINTS)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise Untrusted("E_KEY_USAGE")
    usage = values.get(ExtensionOID.KEY_USAGE)
    if usage is None or not all(getattr(usage, name) for name in requirement.key_usage):
        raise Untrusted("E_KEY_USAGE")
    extended = values.get(ExtensionOID.EXTENDED_KEY_USAGE)
    named = set(extended) if isinstance(extended, x509.ExtendedKeyUsage) else set()
    if requirement.extended_key_usage is None:
        if extended is not None:
            raise Untrusted("E_KEY_USAGE")
    elif requirement.extended_key_usage not in named:
        raise Untrusted("E_KEY_USAGE")


def _accepted_policy(
    leaf: x509.Certificate, accepted: frozenset[x509.ObjectIdentifier]
) -> x509.ObjectIdentifier:
    try:
        policies = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound as error:
        raise Untrusted("E_POLICY_NOT_ACCEPTED") from error
    for policy in policies:
        identifier: x509.ObjectIdentifier = policy.policy_identifier
        if identifier in accepted:
            return identifier
    raise Untrusted("E_POLICY_NOT_ACCEPTED")
