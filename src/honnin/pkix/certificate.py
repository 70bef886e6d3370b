"""Certificates as bytes: the part to be signed, and the whole once a signature exists (RFC 5280, 4.1).

The two steps are apart on purpose: the bytes that a linter has read are the very bytes that the key
signs. Extension values are encoded by pyca/cryptography; their order and criticality are the caller's.
Only sha256WithRSAEncryption is written. This module refuses to hold a key.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NewType, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

from honnin.errors import Malformed
from honnin.pkix import der

ToBeSigned = NewType("ToBeSigned", bytes)
"""DER of a TBSCertificate, a TBSCertList or a ResponseData."""

Sign = Callable[[bytes], bytes]
"""Signs with a key held elsewhere: bytes to be signed in, RSA PKCS#1 v1.5 SHA-256 signature out."""

SHA256_WITH_RSA = der.sequence(der.object_identifier("1.2.840.113549.1.1.11"), der.NULL)
"""AlgorithmIdentifier with NULL parameters (RFC 4055, section 5)."""

UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    CryptographyDeprecationWarning,  # where warnings are errors: what a later version will refuse
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What pyca/cryptography raises for bytes that it cannot read."""

_VERSION_3 = der.explicit(0, der.integer(2))


class Encodable(Protocol):
    """An extension value of pyca/cryptography."""

    @property
    def oid(self) -> x509.ObjectIdentifier: ...

    def public_bytes(self) -> bytes:
        """DER of the extension value."""
        ...


@dataclass(frozen=True)
class Extension:
    """One extension: its OID (dotted), whether it is critical, and the DER of its value."""

    oid: str
    critical: bool
    value: bytes

    @classmethod
    def of(cls, value: Encodable, *, critical: bool = False) -> "Extension":
        """An extension from a value of pyca/cryptography."""
        return cls(value.oid.dotted_string, critical, value.public_bytes())

    @cached_property
    def encoded(self) -> bytes:
        """DER of `Extension`; a critical flag that is FALSE is omitted, as DER defaults are."""
        critical = der.TRUE if self.critical else b""
        return der.sequence(der.object_identifier(self.oid), critical, der.octet_string(self.value))


@dataclass(frozen=True)
class CertificateParts:
    """Everything of which a version 3 certificate consists, except the signature.

    Instants are aware and without fractions of a second; names are used in the order and with the
    string types that they have.
    """

    serial_number: int
    issuer: x509.Name
    subject: x509.Name
    not_before: datetime
    not_after: datetime
    public_key: RSAPublicKey
    extensions: tuple[Extension, ...]

    def to_be_signed(self) -> ToBeSigned:
        """DER of the TBSCertificate.

        Raises ValueError for a serial number that is not positive or longer than 20 octets
        (RFC 5280, 4.1.2.2) and for times that DER cannot write.
        """
        if not 0 < self.serial_number < 1 << 159:
            raise ValueError("a serial number is positive and at most 20 octets long")
        return ToBeSigned(
            der.sequence(
                _VERSION_3,
                der.integer(self.serial_number),
                SHA256_WITH_RSA,
                self.issuer.public_bytes(),
                der.sequence(der.time(self.not_before), der.time(self.not_after)),
                self.subject.public_bytes(),
                self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
                der.explicit(3, der.sequence(*(extension.encoded for extension in self.extensions))),
            )
        )


def assemble(to_be_signed: bytes, signature: bytes) -> bytes:
    """DER of the Certificate: the bytes that were signed, the algorithm, and the signature."""
    return der.sequence(to_be_signed, SHA256_WITH_RSA, der.bit_string(signature))


def subject_key_identifier(public_key: RSAPublicKey) -> bytes:
    """SHA-1 of the subjectPublicKey bits, 20 octets (RFC 5280, 4.2.1.2, method 1)."""
    pkcs1 = public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return hashlib.sha1(pkcs1, usedforsecurity=False).digest()


def load(encoded: bytes) -> x509.Certificate:
    """A certificate from DER, with its names, key and extensions known to be readable, its number positive.

    Raises `Malformed("E_CERT_MALFORMED")`: pyca/cryptography reads lazily, so that a fault deep inside
    would otherwise surface later and in the wrong place.
    """
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        _ = (certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key())
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        if certificate.serial_number <= 0:
            raise ValueError("a serial number is positive (RFC 5280, 4.1.2.2)")
    except UNREADABLE as error:
        raise Malformed("E_CERT_MALFORMED") from error
    return certificate
