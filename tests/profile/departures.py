"""Certificates that follow the profile, and how one is taken apart for a single departure.

The departures are written with another builder or by hand, never with the modules under test.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from honnin.law.terms import Purpose
from honnin.pkix.certificate import assemble, load
from honnin.profile import certification_authority
from honnin.profile.issuance import Validity
from honnin.profile.layout import Kind
from honnin.profile.lint import Finding, Linter
from tests.support.pki import specimen

SIGNATURE_CA = specimen.authority(Purpose.SIGNATURE)
AUTHENTICATION_CA = specimen.authority(Purpose.USER_AUTHENTICATION)
SIGNATURE = Linter(Kind.SIGNATURE, SIGNATURE_CA.issuer)
AUTHENTICATION = Linter(Kind.USER_AUTHENTICATION, AUTHENTICATION_CA.issuer)
RESPONDER = Linter(Kind.OCSP_RESPONDER, SIGNATURE_CA.issuer)
ROOT = Linter.of_root(specimen.DEPLOYMENT, Purpose.SIGNATURE)
LINK = Linter(Kind.LINK, SIGNATURE_CA.issuer)

SIGNATURE_TBS = specimen.signature_tbs()
AUTHENTICATION_TBS = specimen.user_authentication_tbs()
RESPONDER_TBS = specimen.responder_certificate(Purpose.SIGNATURE).tbs_certificate_bytes
ROOT_TBS = SIGNATURE_CA.certificate.tbs_certificate_bytes
LINK_TBS = certification_authority.link_to_be_signed(
    SIGNATURE_CA.issuer, specimen.particulars(8, "ca signature 2", Validity(specimen.NOW, date(2034, 7, 15)))
)
EVERY = [
    pytest.param(SIGNATURE, SIGNATURE_TBS, id="signature"),
    pytest.param(AUTHENTICATION, AUTHENTICATION_TBS, id="user authentication"),
    pytest.param(RESPONDER, RESPONDER_TBS, id="responder"),
    pytest.param(ROOT, ROOT_TBS, id="root"),
    pytest.param(LINK, LINK_TBS, id="link"),
]


def codes(found: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in found}


@dataclass(frozen=True)
class Draft:
    """A certificate taken apart for another builder, to be put together with one change."""

    issuer: x509.Name
    subject: x509.Name
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    serial_number: int
    not_before: datetime
    not_after: datetime
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]
    algorithm: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)

    def tbs(self) -> bytes:
        builder = x509.CertificateBuilder(
            self.issuer, self.subject, self.key, self.serial_number, self.not_before, self.not_after
        )
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(specimen.key("any"), self.algorithm).tbs_certificate_bytes


def draft(tbs: bytes) -> Draft:
    certificate = load(assemble(tbs, bytes(256)))
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return Draft(
        certificate.issuer,
        certificate.subject,
        key,
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        tuple((extension.value, extension.critical) for extension in certificate.extensions),
    )


def with_value(whole: Draft, value: x509.ExtensionType) -> Draft:
    """The draft with the value of one extension exchanged."""
    extensions = tuple(
        (value if present.oid == value.oid else present, critical) for present, critical in whole.extensions
    )
    changed = replace(whole, extensions=extensions)
    assert changed.tbs() != whole.tbs()
    return changed


def country(code: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COUNTRY_NAME, code)


def printable(name: x509.Name) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(attribute.oid, attribute.value, _ASN1Type.PrintableString) for attribute in name]
    )


ATTRIBUTES = {
    1: "見本　花子",
    4: "319800217",
    3: "2",
    5: "みほん県あおば市みどり町１丁目２番３号",
    2: "10000",
    6: "0" * 19,
}
