"""Certificate revocation lists, version 2, joined from ready entries (RFC 5280, section 5).

An entry is encoded once, when the revocation is recorded, and never again: a list is a head, the entries
as they are, and a tail. Small lists are made whole by `build_crl`; large ones are written as a stream by
`write_crl`, in constant memory. Indirect CRLs are not made.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from cryptography import x509

from honnin.pkix import der
from honnin.pkix.certificate import SHA256_WITH_RSA, Extension, Sign, ToBeSigned, assemble

REASON_NUMBER = {
    x509.ReasonFlags.unspecified: 0,
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.remove_from_crl: 8,
    x509.ReasonFlags.privilege_withdrawn: 9,
    x509.ReasonFlags.aa_compromise: 10,
}
"""CRLReason (RFC 5280, 5.3.1)."""

_VERSION_2 = der.integer(1)
_REASON_CODE = der.object_identifier("2.5.29.21")
_REASON_EXTENSIONS = {
    reason: der.sequence(der.sequence(_REASON_CODE, der.octet_string(der.enumerated(number))))
    for reason, number in REASON_NUMBER.items()
} | {x509.ReasonFlags.unspecified: b""}


def revoked_entry(
    serial_number: int,
    revocation_date: datetime,
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified,
) -> bytes:
    """DER of one element of revokedCertificates; the reason unspecified is omitted (RFC 5280, 5.3.1)."""
    return der.sequence(der.integer(serial_number), der.time(revocation_date), _REASON_EXTENSIONS[reason])


@dataclass(frozen=True)
class Scope:
    """The part of the certificates that a list speaks for (issuingDistributionPoint, RFC 5280, 5.2.5)."""

    distribution_point: tuple[x509.GeneralName, ...] = ()
    only_user_certificates: bool = False
    only_ca_certificates: bool = False

    def extension(self) -> Extension:
        """The extension, critical."""
        value = x509.IssuingDistributionPoint(
            full_name=list(self.distribution_point) or None,
            relative_name=None,
            only_contains_user_certs=self.only_user_certificates,
            only_contains_ca_certs=self.only_ca_certificates,
            only_some_reasons=None,
            indirect_crl=False,
            only_contains_attribute_certs=False,
        )
        return Extension.of(value, critical=True)


@dataclass(frozen=True)
class CRLParts:
    """Everything of which a list consists, except its entries and its signature.

    `authority_key_identifier` and `scope` become extensions; `base_crl_number` makes the list a delta to
    the list of that number (RFC 5280, 5.2.4).
    """

    issuer: x509.Name
    authority_key_identifier: x509.AuthorityKeyIdentifier
    crl_number: int
    this_update: datetime
    next_update: datetime
    scope: Scope | None = None
    base_crl_number: int | None = None

    def frame(self, entries_length: int) -> tuple[bytes, bytes]:
        """What stands before and behind `entries_length` octets of entries in the TBSCertList.

        The two, with exactly that many octets of entries between them, are the bytes to be signed.
        """
        start = b"".join(
            (
                _VERSION_2,
                SHA256_WITH_RSA,
                self.issuer.public_bytes(),
                der.time(self.this_update),
                der.time(self.next_update),
                der.header(der.SEQUENCE, entries_length) if entries_length else b"",
            )
        )
        tail = der.explicit(0, der.sequence(*(extension.encoded for extension in self._extensions())))
        return der.header(der.SEQUENCE, len(start) + entries_length + len(tail)) + start, tail

    def _extensions(self) -> Iterable[Extension]:
        yield Extension.of(self.authority_key_identifier)
        yield Extension.of(x509.CRLNumber(self.crl_number))
        if self.base_crl_number is not None:
            yield Extension.of(x509.DeltaCRLIndicator(self.base_crl_number), critical=True)
        if self.scope is not None:
            yield self.scope.extension()


def crl_tbs(parts: CRLParts, entries: bytes) -> ToBeSigned:
    """DER of the TBSCertList around entries that were made by `revoked_entry` and joined."""
    head, tail = parts.frame(len(entries))
    return ToBeSigned(head + entries + tail)


def build_crl(parts: CRLParts, entries: bytes, sign: Sign) -> bytes:
    """DER of a whole CertificateList; `sign` gets the TBSCertList."""
    to_be_signed = crl_tbs(parts, entries)
    return assemble(to_be_signed, sign(to_be_signed))


@dataclass(frozen=True)
class DigestSigner:
    """Signs a ready SHA-256 digest (32 octets), and says how long the signature will be."""

    sign: Callable[[bytes], bytes]
    signature_length: int = 256


def write_crl(
    out: BinaryIO, parts: CRLParts, segments: Iterable[bytes], entries_length: int, signer: DigestSigner
) -> int:
    """Write a CertificateList from stored segments of entries, holding one segment at a time.

    Returns the number of octets written. Raises ValueError when the segments do not have together the
    announced length, or the signature not its own: the file is then incomplete and must not be used.
    """
    head, tail = parts.frame(entries_length)
    body_length = len(head) + entries_length + len(tail)
    envelope = len(SHA256_WITH_RSA) + len(der.bit_string(bytes(signer.signature_length)))
    digest = hashlib.sha256(head)
    written = out.write(der.header(der.SEQUENCE, body_length + envelope) + head)
    seen = 0
    for segment in segments:
        digest.update(segment)
        seen += len(segment)
        written += out.write(segment)
    digest.update(tail)
    signature = signer.sign(digest.digest())
    if seen != entries_length or len(signature) != signer.signature_length:
        raise ValueError("the entries or the signature are not as long as announced")
    return written + out.write(tail + SHA256_WITH_RSA + der.bit_string(signature))
