"""Certificates as bytes: the same as another builder's, and nothing unreadable is let in (RFC 5280, 4.1)."""

import warnings
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Malformed
from honnin.pkix.certificate import CertificateParts, Extension, assemble, load, subject_key_identifier
from tests.support.pki import specimen

SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.COMMON_NAME, "みほん"),
    ]
)
ISSUER = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A test")])


def parts(**changes: object) -> CertificateParts:
    given_parts: dict[str, object] = {
        "serial_number": 0x7F00FF,
        "issuer": ISSUER,
        "subject": SUBJECT,
        "not_before": datetime(2026, 1, 1, tzinfo=UTC),
        "not_after": datetime(2051, 1, 1, tzinfo=UTC),
        "public_key": specimen.key("any").public_key(),
        "extensions": (
            Extension.of(x509.BasicConstraints(ca=False, path_length=None), critical=True),
            Extension.of(x509.SubjectKeyIdentifier(b"k" * 20)),
        ),
    }
    return CertificateParts(**(given_parts | changes))  # type: ignore[arg-type]


@given(
    st.integers(1, 2**159 - 1),
    st.datetimes(datetime(1950, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001
)
def test_to_be_signed_is_what_another_builder_writes(serial_number: int, not_before: datetime) -> None:
    not_before = not_before.replace(tzinfo=UTC, microsecond=0)
    mine = parts(serial_number=serial_number, not_before=not_before, not_after=not_before)
    builder = x509.CertificateBuilder(
        ISSUER, SUBJECT, mine.public_key, serial_number, not_before.replace(tzinfo=None), not_before
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier(b"k" * 20), critical=False)
    theirs = builder.sign(specimen.key("any"), hashes.SHA256())
    assert mine.to_be_signed() == theirs.tbs_certificate_bytes
    assert assemble(mine.to_be_signed(), theirs.signature) == specimen.encoded(theirs)


@pytest.mark.parametrize("serial_number", [0, -1, 2**159])
def test_serial_numbers_are_positive_and_at_most_20_octets(serial_number: int) -> None:
    with pytest.raises(ValueError, match="serial number"):
        parts(serial_number=serial_number).to_be_signed()


def test_key_identifier_is_sha1_of_the_key_bits() -> None:
    public_key = specimen.key("any").public_key()
    assert subject_key_identifier(public_key) == x509.SubjectKeyIdentifier.from_public_key(public_key).digest


def test_load_gives_back_what_was_assembled() -> None:
    certificate = specimen.signature_certificate()
    assert load(specimen.encoded(certificate)) == certificate


@given(st.data())
def test_load_of_damaged_bytes_is_malformed_or_a_readable_certificate(data: st.DataObject) -> None:
    encoded = bytearray(specimen.encoded(specimen.signature_certificate()))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        certificate = load(bytes(encoded))
    except Malformed:
        return
    assert specimen.encoded(certificate) == bytes(encoded)
    assert len(list(certificate.extensions)) <= 8
    assert certificate.subject.public_bytes()


@pytest.mark.parametrize("warned", [True, False], ids=["warnings are errors", "warnings are told"])
@pytest.mark.parametrize("first", [0x80, 0xFF])
def test_a_serial_number_is_positive(first: int, warned: bool) -> None:
    encoded = bytearray(specimen.encoded(specimen.signature_certificate()))
    assert encoded[13:15] == b"\x02\x04"  # INTEGER of four bytes, the first of which has the sign
    encoded[15] = first
    with warnings.catch_warnings():
        warnings.simplefilter("error" if warned else "ignore")
        with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
            load(bytes(encoded))


@given(st.binary(max_size=200))
def test_load_of_any_bytes_is_malformed(encoded: bytes) -> None:
    with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
        load(encoded)
