"""What every certificate of the profile is made with: the issuer, the validity and the shared extensions."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from honnin.clock import whole_second
from honnin.identifiers import SerialNumber
from honnin.law.terms import Purpose
from honnin.law.validity import valid_until_instant
from honnin.pkix.certificate import CertificateParts, Extension, ToBeSigned
from honnin.profile.names import Deployment


@dataclass(frozen=True)
class Validity:
    """From an instant (its fraction of a second is dropped) to the end of a day in Japan, 14:59:59Z."""

    not_before: datetime
    expiry_date: date

    @property
    def first_second(self) -> datetime:
        """notBefore, in UTC."""
        return whole_second(self.not_before)

    @property
    def last_second(self) -> datetime:
        """notAfter, in UTC."""
        return valid_until_instant(self.expiry_date)


@dataclass(frozen=True)
class Particulars:
    """What differs between any two certificates of one kind, apart from their holders.

    `serial_number` comes from the CA's growing sequence (positive); `public_key` is RSA-2048, e = 65537.
    """

    serial_number: SerialNumber
    public_key: RSAPublicKey
    validity: Validity


@dataclass(frozen=True)
class Issuer:
    """One generation of one CA, as its certificates name it. Holds the certificate, not the key."""

    deployment: Deployment
    purpose: Purpose
    certificate: x509.Certificate

    def __post_init__(self) -> None:
        """Raises ValueError when the certificate is not of this deployment and purpose."""
        if self.certificate.subject != self.name:
            raise ValueError("the CA certificate has another name than this deployment and purpose")

    @property
    def name(self) -> x509.Name:
        """The issuer DN."""
        return self.deployment.ca_name(self.purpose)

    @cached_property
    def key_identifier(self) -> bytes:
        """The CA's subjectKeyIdentifier, 20 octets."""
        identifier = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return identifier.value.digest

    @cached_property
    def authority_key_identifier(self) -> x509.AuthorityKeyIdentifier:
        """Key identifier, issuer and serial number of the CA certificate, as in all of its certificates."""
        return x509.AuthorityKeyIdentifier(
            self.key_identifier, [x509.DirectoryName(self.name)], self.certificate.serial_number
        )

    @cached_property
    def issuer_alternative_name(self) -> Extension:
        """issuerAltName: the CA's Japanese DN."""
        japanese = x509.DirectoryName(self.deployment.japanese_ca_name(self.purpose))
        return Extension.of(x509.IssuerAlternativeName([japanese]))

    @cached_property
    def policies(self) -> Extension:
        """certificatePolicies, critical: the one policy of this CA with its CPS address."""
        policy = x509.ObjectIdentifier(self.deployment.policy(self.purpose))
        information = x509.PolicyInformation(policy, [self.deployment.cps_uri])
        return Extension.of(x509.CertificatePolicies([information]), critical=True)

    @cached_property
    def authority_key_identifier_extension(self) -> Extension:
        """authorityKeyIdentifier as an extension."""
        return Extension.of(self.authority_key_identifier)


def key_usage(*usages: str) -> Extension:
    """keyUsage, critical, asserting only what is named (attributes of `x509.KeyUsage`)."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return Extension.of(x509.KeyUsage(**{usage: usage in usages for usage in every}), critical=True)


@lru_cache(maxsize=4096)
def distribution_point(name: x509.Name) -> Extension:
    """cRLDistributionPoints: one point, a directoryName, without reasons and cRLIssuer."""
    point = x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)
    return Extension.of(x509.CRLDistributionPoints([point]))


def subject_key_identifier(public_key: RSAPublicKey) -> Extension:
    """subjectKeyIdentifier: SHA-1 of the key."""
    return Extension.of(x509.SubjectKeyIdentifier.from_public_key(public_key))


def to_be_signed(
    issuer: x509.Name, subject: x509.Name, particulars: Particulars, extensions: tuple[Extension, ...]
) -> ToBeSigned:
    """DER of the TBSCertificate of these names, particulars and extensions, in their order."""
    return CertificateParts(
        serial_number=particulars.serial_number,
        issuer=issuer,
        subject=subject,
        not_before=particulars.validity.first_second,
        not_after=particulars.validity.last_second,
        public_key=particulars.public_key,
        extensions=extensions,
    ).to_be_signed()
