"""What OCSP responses and CRLs prove, and when they prove nothing (RFC 6960, 3.2; RFC 5280, 6.3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Unavailable, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.crl import build_crl, revoked_entry
from honnin.pkix.ocsp import (
    ErrorStatus,
    Responder,
    RevokedInfo,
    StatusAnswer,
    cert_id_of,
    error_response,
)
from honnin.pkix.status import CertStatus, StatusQuestion, VerifiedCRL, check_ocsp_response
from honnin.profile import crl as lists
from tests.profile import specimen

PURPOSE = Purpose.USER_AUTHENTICATION
AUTHORITY = specimen.authority(PURPOSE)
SECOND = specimen.authority(PURPOSE, 2)
CERTIFICATE = specimen.user_authentication_certificate()
NOW = specimen.NOW
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EDITION = lists.Edition(7, NOW - HOUR)


def answer(
    status: RevokedInfo | str = "good",
    serial_number: int = CERTIFICATE.serial_number,
    hash_name: str = "sha1",
) -> StatusAnswer:
    cert_id = cert_id_of(AUTHORITY.certificate, serial_number, hash_name)
    return StatusAnswer(cert_id, status, NOW - HOUR, NOW + HOUR)


def response(
    content: StatusAnswer,
    *,
    nonce: bytes | None = None,
    certificate: x509.Certificate | None = None,
    key: str = "",
) -> bytes:
    certificate = certificate or specimen.responder_certificate(PURPOSE)
    sign = specimen.signer(key or f"responder {PURPOSE}")
    responder = Responder(certificate, specimen.encoded(certificate), sign)
    return responder.respond(content, produced_at=NOW, nonce=nonce)


def question(nonce: bytes | None = None, *, after: timedelta = timedelta(0)) -> StatusQuestion:
    return StatusQuestion(CERTIFICATE, AUTHORITY.certificate, NOW + after, nonce)


def untrusted(ask: Callable[[], object]) -> str:
    with pytest.raises(Untrusted) as caught:
        ask()
    return caught.value.code


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_good(hash_name: str) -> None:
    status = check_ocsp_response(response(answer(hash_name=hash_name), nonce=b"n" * 32), question(b"n" * 32))
    assert (status.cert_status, status.reason, status.revocation_time) == (CertStatus.GOOD, None, None)
    assert (status.this_update, status.next_update) == (NOW - HOUR, NOW + HOUR)


@pytest.mark.parametrize("reason", [x509.ReasonFlags.unspecified, x509.ReasonFlags.certificate_hold])
def test_revoked_with_reason_and_time(reason: x509.ReasonFlags) -> None:
    status = check_ocsp_response(response(answer(RevokedInfo(NOW - HOUR, reason))), question())
    assert (status.cert_status, status.reason) == (CertStatus.REVOKED, reason)
    assert status.revocation_time == NOW - HOUR


def test_unknown_is_its_own_answer() -> None:
    assert check_ocsp_response(response(answer("unknown")), question()).cert_status is CertStatus.UNKNOWN


def test_issuer_may_answer_itself() -> None:
    encoded = response(answer(), certificate=AUTHORITY.certificate, key=AUTHORITY.key_name)
    assert check_ocsp_response(encoded, question()).cert_status is CertStatus.GOOD


def test_answer_about_another_certificate_proves_nothing() -> None:
    encoded = response(answer(serial_number=CERTIFICATE.serial_number + 1))
    assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"


def test_nonce_that_was_sent_must_come_back() -> None:
    for nonce in (None, b"m" * 32):
        encoded = response(answer(), nonce=nonce)
        assert untrusted(lambda: check_ocsp_response(encoded, question(b"n" * 32))) == "E_STATUS_UNTRUSTED"  # noqa: B023


@pytest.mark.parametrize(
    ("after", "fresh"),
    [(-HOUR - MINUTE, True), (-HOUR - 2 * MINUTE, False), (HOUR + MINUTE, True), (HOUR + 2 * MINUTE, False)],
)
def test_freshness(after: timedelta, fresh: bool) -> None:
    encoded = response(answer())
    if fresh:
        assert check_ocsp_response(encoded, question(after=after)).cert_status is CertStatus.GOOD
    else:
        assert untrusted(lambda: check_ocsp_response(encoded, question(after=after))) == "E_STATUS_STALE"


@pytest.mark.parametrize("status", list(ErrorStatus))
def test_error_responses(status: ErrorStatus) -> None:
    later = status in (ErrorStatus.TRY_LATER, ErrorStatus.INTERNAL_ERROR)
    expected = (Unavailable, "E_STATUS_UNAVAILABLE") if later else (Untrusted, "E_STATUS_UNTRUSTED")
    with pytest.raises(expected[0]) as caught:
        check_ocsp_response(error_response(status), question())
    assert caught.value.code == expected[1]


@given(st.data())
def test_no_damaged_octet_goes_unseen(data: st.DataObject) -> None:
    """Damage is refused, unless it is in a part that proves nothing; then the answer is the same."""
    encoded = bytearray(response(answer(), nonce=b"n" * 32))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        check_ocsp_response(bytes(encoded), question(b"n" * 32))
    except (Untrusted, Unavailable):
        return
    original = ocsp.load_der_ocsp_response(response(answer(), nonce=b"n" * 32))
    damaged = ocsp.load_der_ocsp_response(bytes(encoded))
    assert damaged.tbs_response_bytes == original.tbs_response_bytes
    assert damaged.signature == original.signature


@pytest.mark.parametrize("key", ["a forger's", "holder authentication", SECOND.key_name])
def test_signature_by_another_key_than_the_responders(key: str) -> None:
    encoded = response(answer(), key=key)
    assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"


@given(st.binary(max_size=200))
def test_any_bytes_are_untrusted(encoded: bytes) -> None:
    with pytest.raises((Untrusted, Unavailable)):
        check_ocsp_response(encoded, question())


def stranger(
    *,
    issuer: specimen.Authority = AUTHORITY,
    without: type[x509.ExtensionType] | None = None,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    days: int = 10,
) -> x509.Certificate:
    """A certificate for a responder that is wrong in one way."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "responder")])
    builder = x509.CertificateBuilder(
        issuer.issuer.name,
        name,
        specimen.key("stranger").public_key(),
        5,
        NOW - timedelta(days=20),
        NOW + timedelta(days=days),
    )
    for value in (x509.ExtendedKeyUsage([usage]), x509.OCSPNoCheck()):
        if without is None or not isinstance(value, without):
            builder = builder.add_extension(value, critical=False)
    return builder.sign(specimen.key(issuer.key_name), hashes.SHA256())


def test_responder_of_the_same_issuer_is_believed() -> None:
    encoded = response(answer(), certificate=stranger(), key="stranger")
    assert check_ocsp_response(encoded, question()).cert_status is CertStatus.GOOD


@pytest.mark.parametrize(
    "certificate",
    [
        stranger(issuer=SECOND),
        stranger(issuer=specimen.authority(Purpose.SIGNATURE)),
        stranger(without=x509.ExtendedKeyUsage),
        stranger(without=x509.OCSPNoCheck),
        stranger(usage=ExtendedKeyUsageOID.CLIENT_AUTH),
        stranger(days=-1),
    ],
    ids=["other generation", "other authority", "no usage", "no nocheck", "other usage", "expired"],
)
def test_responder_that_was_not_delegated_is_not_believed(certificate: x509.Certificate) -> None:
    encoded = response(answer(), certificate=certificate, key="stranger")
    assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"


def test_holder_cannot_answer_for_others() -> None:
    encoded = response(answer(), certificate=CERTIFICATE, key="holder authentication")
    assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"


def other_builders_response(
    *, algorithm: hashes.SHA256 | hashes.SHA512, by_name: bool = True, next_update: bool = True
) -> bytes:
    """A response of another builder, naming the responder by its name."""
    certificate = specimen.responder_certificate(PURPOSE)
    end = NOW + HOUR if next_update else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        CERTIFICATE, AUTHORITY.certificate, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, NOW, end, None, None
    )
    encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = builder.responder_id(encoding, certificate).certificates([certificate])
    key = specimen.key(f"responder {PURPOSE}")
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def test_responder_named_by_its_name() -> None:
    encoded = other_builders_response(algorithm=hashes.SHA256())
    assert check_ocsp_response(encoded, question()).cert_status is CertStatus.GOOD


def test_other_algorithm_or_no_next_update_is_not_taken() -> None:
    for encoded in (
        other_builders_response(algorithm=hashes.SHA512()),
        other_builders_response(algorithm=hashes.SHA256(), next_update=False),
    ):
        assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"  # noqa: B023


def test_responder_with_another_kind_of_key_is_not_taken() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "responder")])
    builder = x509.CertificateBuilder(
        AUTHORITY.issuer.name, name, key.public_key(), 5, NOW - HOUR, NOW + HOUR
    )
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    certificate = builder.sign(specimen.key(AUTHORITY.key_name), hashes.SHA256())
    with pytest.raises(TypeError, match="RSA"):
        Responder(certificate, specimen.encoded(certificate), lambda content: b"")
    replaced = other_builders_response(algorithm=hashes.SHA256()).replace(
        specimen.encoded(specimen.responder_certificate(PURPOSE)), specimen.encoded(certificate)
    )
    assert untrusted(lambda: check_ocsp_response(replaced, question())) == "E_STATUS_UNTRUSTED"


def test_critical_extension_of_a_response_is_not_understood() -> None:
    certificate = specimen.responder_certificate(PURPOSE)
    responder = Responder(certificate, specimen.encoded(certificate), lambda content: b"")
    fields = der.only(responder.response_data(answer(), produced_at=NOW)).children()
    critical = der.sequence(der.object_identifier("1.2.3.4"), der.TRUE, der.octet_string(b"\x05\x00"))
    tbs = der.sequence(*(field.encoded for field in fields), der.explicit(1, der.sequence(critical)))
    plain = ocsp.load_der_ocsp_response(response(answer()))
    encoded = replace_signed(plain, tbs, specimen.signer(f"responder {PURPOSE}")(tbs))
    assert untrusted(lambda: check_ocsp_response(encoded, question())) == "E_STATUS_UNTRUSTED"


def replace_signed(plain: ocsp.OCSPResponse, tbs: bytes, signature: bytes) -> bytes:
    outer = der.only(plain.public_bytes(Encoding.DER)).children()
    response_type, octets = outer[1].children(0xA0)[0].children()
    basic = der.only(octets.content).children()
    changed = der.sequence(tbs, basic[1].encoded, der.bit_string(signature), basic[3].encoded)
    inner = der.sequence(response_type.encoded, der.octet_string(changed))
    return der.sequence(outer[0].encoded, der.explicit(0, inner))


# — lists ——————————————————————————————————————————————————————————————————————————————————————————————


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
        assert untrusted(lambda: crl.status_of(CERTIFICATE, NOW + after)) == "E_STATUS_STALE"


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
