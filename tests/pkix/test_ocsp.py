"""OCSP messages of a responder (RFC 6960, RFC 5019), against the reader and writer of cryptography."""

import base64
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import example, given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.pkix.ocsp import (
    CertID,
    CertStatus,
    ErrorStatus,
    Responder,
    RevokedInfo,
    StatusAnswer,
    StatusRequest,
    cert_id_of,
    error_response,
    parse_request,
    parse_request_path,
    request,
)
from tests.support.pki import specimen

THIS_UPDATE = datetime(2026, 6, 1, 2, 0, 0, tzinfo=UTC)
AUTHORITY = specimen.authority(Purpose.USER_AUTHENTICATION)
CERTIFICATE = specimen.user_authentication_certificate()
HASHES: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}
KNOWN = request(cert_id_of(AUTHORITY.certificate, CERTIFICATE.serial_number))
WITH_NONCE = request(cert_id_of(AUTHORITY.certificate, CERTIFICATE.serial_number, "sha256"), b"n" * 32)


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_request_of_another_builder_is_read_and_ours_is_the_same(hash_name: str, nonce: bytes | None) -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(CERTIFICATE, AUTHORITY.certificate, HASHES[hash_name])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    encoded = builder.build().public_bytes(Encoding.DER)
    cert_id = cert_id_of(AUTHORITY.certificate, CERTIFICATE.serial_number, hash_name)
    assert parse_request(encoded) == StatusRequest(cert_id, nonce)
    assert request(cert_id, nonce) == encoded
    path = urllib.parse.quote(base64.b64encode(encoded).decode(), safe="")
    assert parse_request_path(path) == StatusRequest(cert_id, nonce)
    assert parse_request_path(base64.b64encode(encoded).decode()) == StatusRequest(cert_id, nonce)


@given(st.integers(1, 2**159 - 1), st.binary(min_size=20, max_size=20), st.binary(min_size=20, max_size=20))
def test_requests_read_back(serial_number: int, name_hash: bytes, key_hash: bytes) -> None:
    cert_id = CertID("sha1", name_hash, key_hash, serial_number)
    assert parse_request(request(cert_id)) == StatusRequest(cert_id)


@given(st.binary(max_size=200))
@example(b"")
def test_any_bytes_raise_malformed_and_nothing_else(encoded: bytes) -> None:
    with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
        parse_request(encoded)


@given(st.sampled_from([KNOWN, WITH_NONCE]), st.data())
def test_damaged_requests_are_malformed_or_read_as_another_reader_does(
    original: bytes, data: st.DataObject
) -> None:
    encoded = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse_request(bytes(encoded))
    except Malformed:
        return
    theirs = ocsp.load_der_ocsp_request(bytes(encoded))
    assert read.cert_id == CertID(
        theirs.hash_algorithm.name, theirs.issuer_name_hash, theirs.issuer_key_hash, theirs.serial_number
    )


@given(st.text(max_size=100))
def test_any_path_raises_malformed_and_nothing_else(path: str) -> None:
    with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
        parse_request_path(path)


def cert_id_with(serial: bytes) -> bytes:
    algorithm = der.sequence(der.object_identifier("1.3.14.3.2.26"), der.NULL)
    hashed = der.octet_string(b"h" * 20)
    return der.sequence(algorithm, hashed, hashed, der.tlv(der.INTEGER, serial))


def enclosed(*cert_ids: bytes, extensions: bytes = b"") -> bytes:
    listed = der.sequence(*(der.sequence(cert_id) for cert_id in cert_ids))
    return der.sequence(der.sequence(listed, extensions))


def extended(oid: str, value: bytes, *, critical: bool) -> bytes:
    flag = der.TRUE if critical else b""
    extension = der.sequence(der.object_identifier(oid), flag, der.octet_string(value))
    return der.explicit(2, der.sequence(extension))


def about(*extensions: bytes) -> bytes:
    """A request whose one certificate has extensions of its own."""
    return der.sequence(
        der.sequence(
            der.sequence(der.sequence(cert_id_with(b"\x05"), der.explicit(0, der.sequence(*extensions))))
        )
    )


def one(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = der.TRUE if critical else b""
    return der.sequence(der.object_identifier(oid), flag, der.octet_string(value))


def with_nonces(*values: bytes) -> bytes:
    """A request with these values of the nonce extension, whatever they are."""
    listed = der.sequence(*(one(NONCE, value) for value in values))
    return enclosed(cert_id_with(b"\x05"), extensions=der.explicit(2, listed))


NONCE = "1.3.6.1.5.5.7.48.1.2"


@pytest.mark.parametrize("octets", [1, 19, 20])
@pytest.mark.parametrize("nonce", [None, b"n" * 16])
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_serial_numbers_have_up_to_twenty_octets(octets: int, nonce: bytes | None, hash_name: str) -> None:
    digest = b"h" * (20 if hash_name == "sha1" else 32)
    largest = (1 << (8 * octets - 1)) - 1
    asked = CertID(hash_name, digest, digest, largest)
    assert parse_request(request(asked, nonce)) == StatusRequest(asked, nonce)
    for longer in (1 << 159, (1 << 160) - 1, 1 << 160, 1 << 8 * 3900):
        with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
            parse_request(request(CertID(hash_name, digest, digest, longer), nonce))


@pytest.mark.parametrize("length", [1, 2, 16, 32, 33, 34, 63, 64, 65, 127, 128])
def test_nonces_have_up_to_128_octets(length: int) -> None:
    for nonce in (bytes(length), b"\xa2" * length, b"\x30" * length):
        asked = CertID("sha1", b"h" * 20, b"h" * 20, 2**31 - 1)
        assert parse_request(request(asked, nonce)).nonce == nonce


@pytest.mark.parametrize(
    "encoded",
    [
        with_nonces(b""),
        with_nonces(b"bare, not in an OCTET STRING"),
        with_nonces(b"\x04\x01ab"),
        with_nonces(b"\x24\x03\x04\x01a"),
        with_nonces(b"\x04\x81\x01a"),
        with_nonces(b"\x04\x01a", b"\x04\x01b"),
        about(one("1.2.3.4", b"", critical=True)),
        about(one("1.3.6.1.5.5.7.48.1.7", b"\x30\x00", critical=True)),
    ],
)
def test_nonces_and_critical_extensions_are_read_strictly(encoded: bytes) -> None:
    with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
        parse_request(encoded)


def test_an_extension_of_the_one_certificate_that_is_not_critical_is_ignored() -> None:
    assert parse_request(about(one("1.2.3.4", b""))).cert_id.serial_number == 5


@given(st.integers(0, 126), st.integers(1, 255), st.sampled_from([1, 16, 32]))
def test_a_length_that_is_wrong_is_never_read_as_another(place: int, change: int, length: int) -> None:
    encoded = request(CertID("sha1", b"h" * 20, b"h" * 20, 2**31 - 1), b"n" * length)
    place %= len(encoded)
    damaged = encoded[:place] + bytes([encoded[place] ^ change]) + encoded[place + 1 :]
    try:
        read = parse_request(damaged)
    except Malformed:
        return
    other = ocsp.load_der_ocsp_request(damaged)
    assert (read.cert_id.serial_number, read.cert_id.issuer_name_hash) == (
        other.serial_number,
        other.issuer_name_hash,
    )


@pytest.mark.parametrize(
    "encoded",
    [
        enclosed(cert_id_with(b"\x01"), cert_id_with(b"\x02")),
        enclosed(),
        enclosed(cert_id_with(b"\x00")),
        enclosed(cert_id_with(b"\x00\x01")),
        enclosed(cert_id_with(b"\x80")),
        enclosed(CertID("sha256", b"h" * 20, b"h" * 20, 1).encoded()),
        enclosed(cert_id_with(b"\x01").replace(bytes.fromhex("2b0e03021a"), bytes.fromhex("2b0e03021b"))),
        enclosed(cert_id_with(b"\x01"), extensions=extended("1.2.3.4", b"", critical=True)),
        request(CertID("sha1", b"h" * 20, b"h" * 20, 1), b"n" * 129),
        request(CertID("sha1", b"h" * 20, b"h" * 20, 1), b""),
        KNOWN + b"\x00",
        b"\x30\x82\x20\x00" + bytes(8192),
    ],
    ids=[
        "two certificates",
        "no certificate",
        "serial zero",
        "serial with an idle octet",
        "negative serial",
        "hash shorter than its algorithm",
        "unknown hash",
        "critical extension",
        "nonce too long",
        "empty nonce",
        "an octet behind the end",
        "very long",
    ],
)
def test_requests_that_are_not_for_one_certificate_are_malformed(encoded: bytes) -> None:
    with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
        parse_request(encoded)


def test_unknown_extension_that_is_not_critical_is_ignored() -> None:
    encoded = enclosed(cert_id_with(b"\x05"), extensions=extended("1.2.3.4", b"\x05\x00", critical=False))
    assert parse_request(encoded).cert_id.serial_number == 5


def test_path_that_is_too_long_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse_request_path("A" * 20_000)


def responder() -> Responder:
    certificate = specimen.responder_certificate(Purpose.USER_AUTHENTICATION)
    sign = specimen.signer(f"responder {Purpose.USER_AUTHENTICATION}")
    return Responder(certificate, specimen.encoded(certificate), sign)


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("nonce", [None, b"n" * 16])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("good", (ocsp.OCSPCertStatus.GOOD, None, None)),
        ("unknown", (ocsp.OCSPCertStatus.UNKNOWN, None, None)),
        (RevokedInfo(THIS_UPDATE), (ocsp.OCSPCertStatus.REVOKED, THIS_UPDATE, None)),
        (
            RevokedInfo(THIS_UPDATE, x509.ReasonFlags.certificate_hold),
            (ocsp.OCSPCertStatus.REVOKED, THIS_UPDATE, x509.ReasonFlags.certificate_hold),
        ),
    ],
)
def test_response_is_what_another_builder_writes(
    status: RevokedInfo | CertStatus,
    expected: tuple[ocsp.OCSPCertStatus, datetime | None, x509.ReasonFlags | None],
    hash_name: str,
    nonce: bytes | None,
) -> None:
    cert_id = cert_id_of(AUTHORITY.certificate, CERTIFICATE.serial_number, hash_name)
    answer = StatusAnswer(cert_id, status, THIS_UPDATE, THIS_UPDATE + timedelta(hours=1))
    encoded = responder().respond(answer, produced_at=specimen.NOW, nonce=nonce)
    certificate = specimen.responder_certificate(Purpose.USER_AUTHENTICATION)
    builder = ocsp.OCSPResponseBuilder().add_response(
        CERTIFICATE,
        AUTHORITY.certificate,
        HASHES[hash_name],
        expected[0],
        THIS_UPDATE,
        THIS_UPDATE + timedelta(hours=1),
        expected[1],
        expected[2],
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate).certificates([certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    key = specimen.key(f"responder {Purpose.USER_AUTHENTICATION}")
    theirs = ocsp.load_der_ocsp_response(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    mine = ocsp.load_der_ocsp_response(encoded)
    assert without_produced_at(mine) == without_produced_at(theirs)
    assert mine.produced_at_utc == specimen.NOW
    assert mine.certificates == theirs.certificates
    assert (next(mine.responses).revocation_time_utc, next(mine.responses).revocation_reason) == expected[1:]


def without_produced_at(response: ocsp.OCSPResponse) -> list[bytes]:
    fields = der.only(response.tbs_response_bytes).children()
    return [fields[0].encoded, *(field.encoded for field in fields[2:])]


@pytest.mark.parametrize("status", list(ErrorStatus))
def test_error_responses_say_their_status_and_nothing_more(status: ErrorStatus) -> None:
    encoded = error_response(status)
    assert len(encoded) == 5
    assert ocsp.load_der_ocsp_response(encoded).response_status.value == status


def test_fractions_of_a_second_are_refused() -> None:
    cert_id = cert_id_of(AUTHORITY.certificate, 1)
    answer = StatusAnswer(cert_id, CertStatus.GOOD, THIS_UPDATE, THIS_UPDATE)
    with pytest.raises(ValueError, match="fractions"):
        responder().respond(answer, produced_at=THIS_UPDATE + timedelta(milliseconds=1))


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("nonce", [None, b"n" * 16])
def test_a_cert_id_without_null_parameters_is_repeated_as_it_was_asked(
    hash_name: str, nonce: bytes | None
) -> None:
    digest = b"h" * (20 if hash_name == "sha1" else 32)
    asked = CertID(hash_name, digest, digest, 5, with_null=False)
    encoded = request(asked, nonce)
    assert asked.encoded() != CertID(hash_name, digest, digest, 5).encoded()
    assert parse_request(encoded) == StatusRequest(asked, nonce)
    answer = StatusAnswer(asked, CertStatus.GOOD, specimen.NOW, specimen.NOW)
    assert asked.encoded() in responder().respond(answer, produced_at=specimen.NOW, nonce=nonce)


@pytest.mark.parametrize("parameters", [b"\x30\x00", b"\x05\x00\x05\x00", b"\x04\x01a"])
def test_a_cert_id_that_cannot_be_repeated_is_malformed(parameters: bytes) -> None:
    algorithm = der.sequence(der.object_identifier("1.3.14.3.2.26"), parameters)
    hashed = der.octet_string(b"h" * 20)
    with pytest.raises(Malformed, match="E_OCSP_MALFORMED"):
        parse_request(enclosed(der.sequence(algorithm, hashed, hashed, der.integer(5))))


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_slashes_of_joined_addresses_are_no_part_of_a_request(slashes: str) -> None:
    encoded = request(CertID("sha1", b"h" * 20, b"h" * 20, 5))
    assert parse_request_path(slashes + base64.b64encode(encoded).decode()) == parse_request(encoded)


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.translate({ord("+"): "-", ord("/"): "_"}),
        lambda text: text.rstrip("="),
        lambda text: text.translate({ord("+"): "-", ord("/"): "_"}).rstrip("="),
        lambda text: text + "/",
        lambda text: text.rstrip("=") + "//",
        lambda text: text.replace("+", "%20"),
        lambda text: "%0D%0A".join((text[:64], text[64:])) + "%0A",
    ],
)
def test_base64_is_read_as_clients_write_it(write: Callable[[str], str]) -> None:
    """Also where the last of it is a slash itself, and where it needs no padding."""
    endings = set()
    for serial in range(1 << 32, (1 << 32) + 40):
        for length in (9, 10, 11):  # of a nonce: each padding that there is
            asked = CertID("sha1", b"\xfb\xef\xff" * 6 + b"hh", b"\xff" * 20, serial)
            encoded = request(asked, b"\xff" * length)
            text = base64.b64encode(encoded).decode()
            endings.add(text[-1])
            assert parse_request_path(write(text)) == parse_request(encoded)
    assert {"=", "/"} <= endings
