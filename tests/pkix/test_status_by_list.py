"""What CRLs prove, and when they prove nothing (RFC 5280, 6.3)."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.crl import build_crl, revoked_entry
from honnin.pkix.ocsp import CertStatus
from honnin.pkix.status import VerifiedCRL
from honnin.profile import crl as lists
from tests.pkix.asked import AUTHORITY, CERTIFICATE, HOUR, MINUTE, NOW, SECOND, stranger, untrusted
from tests.support.pki import specimen

EDITION = lists.Edition(7, NOW - HOUR)


def revocation_list(
    *entries: bytes, scope: str = "partition", authority: specimen.Authority = AUTHORITY
) -> bytes:
    parts = {
        "partition": lambda: lists.partition(authority.issuer, specimen.PLACE, EDITION),
        "elsewhere": lambda: lists.partition(authority.issuer, specimen.OTHER_PLACE, EDITION),
        "full": lambda: lists.full_list(authority.issuer, EDITION),
        "authorities": lambda: lists.authority_list(authority.issuer, EDITION),
        "delta": lambda: lists.full_list(authority.issuer, lists.Edition(7, NOW - HOUR, 6)),
    }[scope]()
    return build_crl(parts, b"".join(entries), authority.sign)


@pytest.mark.parametrize("scope", ["partition", "full"])
def test_list_without_an_entry_proves_good(scope: str) -> None:
    crl = VerifiedCRL(revocation_list(revoked_entry(1, NOW), scope=scope), AUTHORITY.certificate)
    status = crl.status_of(CERTIFICATE, NOW)
    assert status.cert_status is CertStatus.GOOD
    assert (status.this_update, status.next_update) == (NOW - HOUR, NOW + 47 * HOUR)


@pytest.mark.parametrize("reason", [x509.ReasonFlags.unspecified, x509.ReasonFlags.certificate_hold])
def test_entry_proves_revoked(reason: x509.ReasonFlags) -> None:
    entry = revoked_entry(CERTIFICATE.serial_number, NOW - HOUR, reason)
    status = VerifiedCRL(revocation_list(entry), AUTHORITY.certificate).status_of(CERTIFICATE, NOW)
    assert (status.cert_status, status.reason) == (CertStatus.REVOKED, reason)
    assert status.revocation_time == NOW - HOUR


@pytest.mark.parametrize("scope", ["elsewhere", "authorities"])
def test_list_for_others_proves_nothing(scope: str) -> None:
    crl = VerifiedCRL(revocation_list(scope=scope), AUTHORITY.certificate)
    assert untrusted(lambda: crl.status_of(CERTIFICATE, NOW)) == "E_STATUS_UNTRUSTED"


def test_list_of_authorities_speaks_for_the_authority_and_partitions_do_not() -> None:
    authorities = VerifiedCRL(revocation_list(scope="authorities"), AUTHORITY.certificate)
    assert authorities.status_of(AUTHORITY.certificate, NOW).cert_status is CertStatus.GOOD
    partition = VerifiedCRL(revocation_list(), AUTHORITY.certificate)
    assert untrusted(lambda: partition.status_of(AUTHORITY.certificate, NOW)) == "E_STATUS_UNTRUSTED"


def test_certificate_without_distribution_point_is_in_no_partition() -> None:
    partition = VerifiedCRL(revocation_list(), AUTHORITY.certificate)
    assert untrusted(lambda: partition.status_of(stranger(), NOW)) == "E_STATUS_UNTRUSTED"


def test_list_does_not_speak_for_another_generation() -> None:
    crl = VerifiedCRL(revocation_list(scope="full"), AUTHORITY.certificate)
    other = specimen.user_authentication_certificate(generation=2)
    assert untrusted(lambda: crl.status_of(other, NOW)) == "E_STATUS_UNTRUSTED"


@pytest.mark.parametrize(
    ("after", "fresh"),
    [(-HOUR - MINUTE, True), (-HOUR - 2 * MINUTE, False), (47 * HOUR, True), (47 * HOUR + 2 * MINUTE, False)],
)
def test_freshness_of_a_list(after: timedelta, fresh: bool) -> None:
    crl = VerifiedCRL(revocation_list(), AUTHORITY.certificate)
    if fresh:
        assert crl.status_of(CERTIFICATE, NOW + after).cert_status is CertStatus.GOOD
    else:
        code = "E_STATUS_STALE" if after > timedelta(0) else "E_STATUS_FUTURE"
        assert untrusted(lambda: crl.status_of(CERTIFICATE, NOW + after)) == code


@pytest.mark.parametrize(
    ("encoded", "issuer"),
    [
        (revocation_list(), SECOND),
        (revocation_list(), specimen.authority(Purpose.SIGNATURE)),
        (revocation_list(scope="delta"), AUTHORITY),
        (revocation_list()[:-1] + b"\x00", AUTHORITY),
        (b"\x30\x00", AUTHORITY),
    ],
    ids=["other generation", "other authority", "delta", "damaged", "no list"],
)
def test_list_that_is_not_genuine_is_untrusted(encoded: bytes, issuer: specimen.Authority) -> None:
    if encoded[-2:] == b"\x00\x00":  # the damage must be one
        encoded = encoded[:-1] + b"\x01"
    assert untrusted(lambda: VerifiedCRL(encoded, issuer.certificate)) == "E_STATUS_UNTRUSTED"


def impostor(*, name: x509.Name, crl_sign: bool) -> x509.Certificate:
    """A CA certificate for the authority's own key, with another name or without the right to sign lists."""
    key = specimen.key(AUTHORITY.key_name)
    usage = x509.KeyUsage(False, False, False, False, False, True, crl_sign, False, False)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - HOUR, NOW + HOUR)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def test_issuer_must_have_the_right_to_sign_lists_and_the_lists_name() -> None:
    VerifiedCRL(revocation_list(), impostor(name=AUTHORITY.issuer.name, crl_sign=True))
    for issuer in (
        impostor(name=AUTHORITY.issuer.name, crl_sign=False),
        impostor(name=specimen.authority(Purpose.SIGNATURE).issuer.name, crl_sign=True),
    ):
        assert untrusted(lambda: VerifiedCRL(revocation_list(), issuer)) == "E_STATUS_UNTRUSTED"  # noqa: B023


def other_builders_list(
    extension: x509.ExtensionType | None,
    *,
    entry_extension: x509.ExtensionType | None = None,
    critical: bool = True,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder(AUTHORITY.issuer.name, NOW - HOUR, NOW + HOUR)
    if extension is not None:
        builder = builder.add_extension(extension, critical=critical)
    if entry_extension is not None:
        entry = x509.RevokedCertificateBuilder(CERTIFICATE.serial_number, NOW)
        entry = entry.add_extension(entry_extension, critical=True)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(specimen.key(AUTHORITY.key_name), hashes.SHA256()).public_bytes(Encoding.DER)


def point(**changes: object) -> x509.IssuingDistributionPoint:
    given_parts: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(given_parts | changes))  # type: ignore[arg-type]


RELATIVE = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "relative")])


@pytest.mark.parametrize(
    "extension",
    [
        point(indirect_crl=True),
        point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        point(only_contains_attribute_certs=True),
        point(relative_name=RELATIVE),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
    ],
    ids=["indirect", "some reasons", "attribute certificates", "relative name", "unknown"],
)
def test_lists_of_a_scope_not_understood_are_untrusted(extension: x509.ExtensionType) -> None:
    encoded = other_builders_list(extension)
    assert untrusted(lambda: VerifiedCRL(encoded, AUTHORITY.certificate)) == "E_STATUS_UNTRUSTED"


def test_delta_that_is_not_marked_critical_is_still_a_delta() -> None:
    encoded = other_builders_list(x509.DeltaCRLIndicator(3), critical=False)
    assert untrusted(lambda: VerifiedCRL(encoded, AUTHORITY.certificate)) == "E_STATUS_UNTRUSTED"


def test_plain_list_without_extensions_is_taken_whole() -> None:
    crl = VerifiedCRL(other_builders_list(None), AUTHORITY.certificate)
    assert crl.status_of(CERTIFICATE, NOW).cert_status is CertStatus.GOOD


def test_critical_entry_extension_is_not_understood() -> None:
    issuer = x509.CertificateIssuer([x509.DirectoryName(AUTHORITY.issuer.name)])
    crl = VerifiedCRL(other_builders_list(None, entry_extension=issuer), AUTHORITY.certificate)
    assert untrusted(lambda: crl.status_of(CERTIFICATE, NOW)) == "E_STATUS_UNTRUSTED"


def test_list_without_next_update_never_ages_and_is_therefore_refused() -> None:
    fields = der.only(x509.load_der_x509_crl(other_builders_list(None)).tbs_certlist_bytes).children()
    tbs = der.sequence(*(field.encoded for at, field in enumerate(fields) if at != 4))
    outer = der.only(other_builders_list(None)).children()
    encoded = der.sequence(tbs, outer[1].encoded, der.bit_string(AUTHORITY.sign(tbs)))
    assert x509.load_der_x509_crl(encoded).next_update_utc is None
    assert untrusted(lambda: VerifiedCRL(encoded, AUTHORITY.certificate)) == "E_STATUS_UNTRUSTED"
