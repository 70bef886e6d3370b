"""What OCSP responses prove, and when they prove nothing (RFC 6960, 3.2)."""

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
from honnin.pkix.ocsp import (
    CertStatus,
    ErrorStatus,
    Responder,
    RevokedInfo,
    StatusAnswer,
    cert_id_of,
    error_response,
)
from honnin.pkix.status import StatusQuestion, check_ocsp_response
from tests.pkix.asked import AUTHORITY, CERTIFICATE, HOUR, MINUTE, NOW, PURPOSE, SECOND, stranger, untrusted
from tests.support.pki import specimen


def answer(
    status: RevokedInfo | CertStatus = CertStatus.GOOD,
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
    assert (
        check_ocsp_response(response(answer(CertStatus.UNKNOWN)), question()).cert_status
        is CertStatus.UNKNOWN
    )


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
        assert untrusted(lambda: check_ocsp_response(encoded, question(after=after))) == (
            "E_STATUS_STALE" if after > timedelta(0) else "E_STATUS_FUTURE"
        )


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
