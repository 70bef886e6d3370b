"""Validation against pinned anchors (RFC 5280, 6): each way of failing has its own code."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from honnin.errors import Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.path import Requirement, TrustAnchors, require_issued_by
from tests.support.pki import specimen

POLICY = x509.ObjectIdentifier(specimen.DEPLOYMENT.signature_policy)
REQUIREMENT = Requirement(frozenset({POLICY}), frozenset({"content_commitment"}))
FIRST = specimen.authority(Purpose.SIGNATURE, 1)
SECOND = specimen.authority(Purpose.SIGNATURE, 2)
ANCHORS = TrustAnchors([FIRST.certificate, SECOND.certificate])


def refused(anchors: TrustAnchors, certificate: x509.Certificate | bytes, at: datetime = specimen.NOW) -> str:
    with pytest.raises(Untrusted) as caught:
        anchors.validate(certificate, REQUIREMENT, at=at)
    return caught.value.code


@pytest.mark.parametrize("generation", [1, 2])
def test_generation_is_found_by_key_identifier(generation: int) -> None:
    certificate = specimen.signature_certificate(generation=generation)
    trusted = ANCHORS.validate(specimen.encoded(certificate), REQUIREMENT, at=specimen.NOW)
    assert trusted.certificate == certificate
    assert trusted.anchor == specimen.authority(Purpose.SIGNATURE, generation).certificate
    assert trusted.policy == POLICY


@pytest.mark.parametrize("generation", [1, 2])
def test_without_key_identifier_the_signature_finds_the_generation(generation: int) -> None:
    issuer = specimen.authority(Purpose.SIGNATURE, generation)
    certificate = certificate_like(issuer, without=x509.AuthorityKeyIdentifier)
    assert ANCHORS.validate(certificate, REQUIREMENT, at=specimen.NOW).anchor == issuer.certificate


def test_issuer_that_is_not_pinned_is_unknown() -> None:
    assert refused(TrustAnchors([FIRST.certificate]), specimen.signature_certificate(generation=2)) == (
        "E_ISSUER_UNKNOWN"
    )
    assert refused(TrustAnchors([]), specimen.signature_certificate()) == "E_ISSUER_UNKNOWN"
    assert refused(ANCHORS, specimen.user_authentication_certificate()) == "E_ISSUER_UNKNOWN"


def test_broken_signature() -> None:
    encoded = bytearray(specimen.encoded(specimen.signature_certificate()))
    encoded[-1] ^= 1
    assert refused(ANCHORS, bytes(encoded)) == "E_SIGNATURE_BROKEN"


def test_signature_of_another_generation_under_this_key_identifier_is_broken() -> None:
    tbs = specimen.signature_tbs(FIRST)
    forged = specimen.Authority(FIRST.issuer, SECOND.key_name).certify(tbs)
    assert refused(ANCHORS, forged) == "E_SIGNATURE_BROKEN"


def test_other_signature_algorithm_is_not_taken() -> None:
    certificate = certificate_like(FIRST, algorithm=hashes.SHA512())
    assert refused(ANCHORS, certificate) == "E_SIGNATURE_BROKEN"
    pss = certificate_like(FIRST, rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32))
    assert refused(ANCHORS, pss) == "E_SIGNATURE_BROKEN"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2026, 2, 3, 1, 11, 11, tzinfo=UTC), "E_CERT_NOT_YET_VALID"),
        (datetime(2026, 2, 3, 1, 11, 12, tzinfo=UTC), None),
        (datetime(2031, 2, 17, 14, 59, 59, tzinfo=UTC), None),
        (datetime(2031, 2, 17, 15, 0, 0, tzinfo=UTC), "E_CERT_EXPIRED"),
        (datetime(2024, 7, 16, 0, 50, 26, tzinfo=UTC), "E_ISSUER_EXPIRED"),
        (datetime(2034, 7, 15, 15, 0, 0, tzinfo=UTC), "E_ISSUER_EXPIRED"),
    ],
)
def test_validity_to_the_second(at: datetime, code: str | None) -> None:
    certificate = specimen.signature_certificate()
    if code is None:
        assert ANCHORS.validate(certificate, REQUIREMENT, at=at).certificate == certificate
    else:
        assert refused(ANCHORS, certificate, at) == code


def test_instant_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="zone"):
        ANCHORS.validate(
            specimen.signature_certificate(),
            REQUIREMENT,
            at=datetime(2026, 6, 1),  # noqa: DTZ001
        )


def test_critical_extension_that_nobody_understands() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert refused(ANCHORS, certificate_like(FIRST, extra=(unknown, True))) == "E_CRITICAL_EXTENSION"
    certificate = certificate_like(FIRST, extra=(unknown, False))
    assert ANCHORS.validate(certificate, REQUIREMENT, at=specimen.NOW).certificate == certificate


def test_key_usage_must_be_there_and_assert_what_is_asked() -> None:
    assert refused(ANCHORS, certificate_like(FIRST, without=x509.KeyUsage)) == "E_KEY_USAGE"
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    certificate = certificate_like(FIRST, without=x509.KeyUsage, extra=(usage, True))
    assert refused(ANCHORS, certificate) == "E_KEY_USAGE"


def test_certificate_of_an_authority_is_no_end_entity() -> None:
    ca = x509.BasicConstraints(ca=True, path_length=None)
    assert refused(ANCHORS, certificate_like(FIRST, extra=(ca, True))) == "E_KEY_USAGE"
    no_ca = x509.BasicConstraints(ca=False, path_length=None)
    certificate = certificate_like(FIRST, extra=(no_ca, True))
    assert ANCHORS.validate(certificate, REQUIREMENT, at=specimen.NOW).certificate == certificate


def test_extended_key_usage_is_exactly_what_is_asked() -> None:
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = certificate_like(FIRST, extra=(client, False))
    assert refused(ANCHORS, certificate) == "E_KEY_USAGE"
    asked = Requirement(frozenset({POLICY}), frozenset(), ExtendedKeyUsageOID.CLIENT_AUTH)
    assert ANCHORS.validate(certificate, asked, at=specimen.NOW).certificate == certificate
    with pytest.raises(Untrusted, match="E_KEY_USAGE"):
        ANCHORS.validate(specimen.signature_certificate(), asked, at=specimen.NOW)


@pytest.mark.parametrize("named", [None, "2.5.29.32.0", "1.2.392.200149.8.5.1.1.20"])
def test_policy_must_be_one_of_the_accepted(named: str | None) -> None:
    """Neither an absent policy, nor anyPolicy, nor the production policy stands for the test policy."""
    extra = None
    if named is not None:
        extra = (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(named), None)]), True)
    certificate = certificate_like(FIRST, without=x509.CertificatePolicies, extra=extra)
    assert refused(ANCHORS, certificate) == "E_POLICY_NOT_ACCEPTED"


def test_bytes_that_are_no_certificate_are_malformed() -> None:
    with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
        ANCHORS.validate(b"\x30\x00", REQUIREMENT, at=specimen.NOW)


def test_anchor_must_be_an_authority() -> None:
    with pytest.raises(Untrusted, match="E_KEY_USAGE"):
        TrustAnchors([specimen.signature_certificate()])


@pytest.mark.parametrize(
    ("ca", "key_cert_sign", "key"),
    [
        (False, True, specimen.key("any")),
        (True, False, specimen.key("any")),
        (True, True, ec.generate_private_key(ec.SECP256R1())),
        (True, True, rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    ],
    ids=["no CA", "no certSign", "not RSA", "RSA-1024"],
)
def test_anchor_that_cannot_issue_is_refused(
    ca: bool, key_cert_sign: bool, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anchor")])
    usage = x509.KeyUsage(True, False, False, False, False, key_cert_sign, False, False, False)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, specimen.NOW, specimen.NOW)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    with pytest.raises(Untrusted, match="E_KEY_USAGE"):
        TrustAnchors([certificate])


def test_issuer_without_key_identifier_is_tried_by_its_signature() -> None:
    name, key = FIRST.issuer.name, specimen.key(FIRST.key_name)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    end = specimen.NOW + timedelta(days=900)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, specimen.NOW, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    anchor = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    trusted = TrustAnchors([anchor]).validate(specimen.signature_certificate(), REQUIREMENT, at=specimen.NOW)
    assert trusted.anchor == anchor


def test_require_issued_by_compares_names_too() -> None:
    other = specimen.authority(Purpose.USER_AUTHENTICATION).certificate
    with pytest.raises(Untrusted, match="E_SIGNATURE_BROKEN"):
        require_issued_by(specimen.signature_certificate(), other)


def certificate_like(
    issuer: specimen.Authority,
    *,
    without: type[x509.ExtensionType] | None = None,
    extra: tuple[x509.ExtensionType, bool] | None = None,
    algorithm: hashes.SHA256 | hashes.SHA512 | None = None,
    rsa_padding: padding.PSS | None = None,
) -> x509.Certificate:
    """A signature certificate of another builder, with one thing changed."""
    model = specimen.signature_certificate()
    builder = x509.CertificateBuilder(
        issuer.issuer.name,
        model.subject,
        specimen.key("holder signature").public_key(),
        99,
        model.not_valid_before_utc,
        model.not_valid_after_utc,
    )
    for extension in model.extensions:
        value = extension.value
        if isinstance(value, x509.AuthorityKeyIdentifier):
            value = issuer.issuer.authority_key_identifier
        if without is None or not isinstance(value, without):
            builder = builder.add_extension(value, extension.critical)
    if extra is not None:
        builder = builder.add_extension(extra[0], critical=extra[1])
    key = specimen.key(issuer.key_name)
    return builder.sign(key, algorithm or hashes.SHA256(), rsa_padding=rsa_padding)
