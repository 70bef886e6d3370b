"""Card-verifiable certificates: 568 bytes, our own hierarchy, chains, and everything that must not pass."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.issuer.content.certificates import (
    MASTER_FILE_ROOT,
    TEXT_ROOT,
    VISUAL_ROOT,
    CertificateIssuer,
    RecordIssuer,
    key_identifier,
    municipality_identifier,
    parse_certificate,
    verify_certificate,
    verify_chain,
    without_header,
)
from honnin.card.issuer.content.keys import decode_public_key, encode_public_key, verify_digests
from honnin.errors import Malformed, Untrusted
from honnin.identifiers import MunicipalityCode
from tests.card.issuer.content.issuers import issuers, new_key
from tests.card.issuer.content.judges import is_signature, openssl_verifies, unnoticed

CERTIFICATE = issuers().text.certificate
ROOT_KEY = issuers().trusted[TEXT_ROOT]


def test_bytes_and_signature(tmp_path: Path) -> None:
    modulus = issuers().text.private_key.public_key().public_numbers().n.to_bytes(256, "big")
    body = (
        b"9000033\x08\x05001\x00\x00\x00\x00"
        + b"9910121\x08\x05000\x00\x00\x00\x00"
        + bytes.fromhex("9003010001 91820100")
        + modulus
    )
    assert len(CERTIFICATE) == 568
    assert CERTIFICATE[:10] == bytes.fromhex("7F21820233 5F4E820129")
    assert CERTIFICATE[10:307] == body
    assert CERTIFICATE[307:312] == bytes.fromhex("5F37820100")
    assert is_signature(ROOT_KEY, CERTIFICATE[312:], body)
    assert openssl_verifies(tmp_path, ROOT_KEY, CERTIFICATE[312:], body)


def test_key_identifiers_are_a_third_hierarchy() -> None:
    for root in (
        MASTER_FILE_ROOT,
        VISUAL_ROOT,
        TEXT_ROOT,
        municipality_identifier(MunicipalityCode("99301")),
    ):
        assert len(root) == 16
        assert root.startswith(b"9")
    assert MASTER_FILE_ROOT == b"9000020\x08\x05001\x00\x00\x00\xa8"


@pytest.mark.parametrize(("number", "group"), [("900002", "001"), ("900002x", "001"), ("9000023", "1")])
def test_a_key_identifier_is_digits(number: str, group: str) -> None:
    with pytest.raises(ValueError, match="seven digits"):
        key_identifier(number, group)


def test_reads_with_and_without_its_header() -> None:
    bare = without_header(CERTIFICATE)
    assert len(bare) == 563
    assert parse_certificate(bare) == parse_certificate(CERTIFICATE)
    assert parse_certificate(bare).subject == municipality_identifier(MunicipalityCode("99101"))


def test_verifies_under_its_root_only() -> None:
    certificate = verify_certificate(CERTIFICATE, issuers().trusted)
    assert certificate.public_key == issuers().text.private_key.public_key()
    with pytest.raises(Untrusted) as refused:
        verify_certificate(CERTIFICATE, {VISUAL_ROOT: ROOT_KEY})
    assert refused.value.code == "E_CARD_ISSUER_UNKNOWN"
    with pytest.raises(Untrusted) as refused:
        verify_certificate(CERTIFICATE, {TEXT_ROOT: issuers().trusted[VISUAL_ROOT]})
    assert refused.value.code == "E_CARD_RECORD_UNTRUSTED"
    with pytest.raises(Untrusted):
        parse_certificate(CERTIFICATE).verify(certificate.public_key)


def test_every_turned_bit_is_noticed() -> None:
    assert unnoticed(lambda turned: verify_certificate(turned, issuers().trusted), CERTIFICATE) == []


def test_a_chain_needs_a_trusted_key_for_its_first_only() -> None:
    root = CertificateIssuer(key_identifier("9000099"), new_key())
    middle = CertificateIssuer(key_identifier("9000098"), new_key())
    end = new_key().public_key()
    upper = root.certify(middle.key_identifier, middle.private_key.public_key())
    lower = middle.certify(municipality_identifier(MunicipalityCode("99102")), end)
    trusted = {root.key_identifier: root.private_key.public_key()}
    assert verify_chain((upper, lower), trusted).public_key == end
    for chain in ((lower,), (lower, upper), (upper, upper), ()):
        with pytest.raises(Untrusted):
            verify_chain(chain, trusted)


def test_a_record_issuer_has_its_own_certificate() -> None:
    with pytest.raises(ValueError, match="another key"):
        RecordIssuer(new_key(), CERTIFICATE)


def test_only_keys_of_the_cards_kind_are_written() -> None:
    with pytest.raises(ValueError, match="RSA-2048"):
        encode_public_key(generate_private_key(65537, 3072).public_key())
    with pytest.raises(ValueError, match="RSA-2048"):
        encode_public_key(generate_private_key(3, 2048).public_key())


def test_a_modulus_that_is_none_is_refused() -> None:
    good = encode_public_key(ROOT_KEY)
    assert decode_public_key(good, "a key") == ROOT_KEY
    even = good[:-1] + bytes((good[-1] & 0xFE,))
    short = good[:9] + b"\x00" + good[10:]
    for wrong in (even, short, good[:-1], good + b"\x00", b"\x91" + good[1:]):
        with pytest.raises(Malformed) as refused:
            decode_public_key(wrong, "a key")
        assert refused.value.context == {"record": "a key"}


def test_a_signature_of_the_wrong_length_is_untrusted() -> None:
    for signature in (b"", bytes(256), b"\xff" * 256, bytes(255)):
        with pytest.raises(Untrusted):
            verify_digests(ROOT_KEY, signature, (b"", b"", b""), "a record")


@given(st.binary(max_size=600))
def test_any_bytes_are_refused_by_name(octets: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        parse_certificate(octets)
    assert refused.value.code == "E_CARD_RECORD_MALFORMED"


@given(
    st.binary(min_size=568, max_size=568) | st.binary(max_size=40).map(lambda tail: CERTIFICATE[:300] + tail)
)
def test_bytes_of_the_right_length_are_refused_too(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parse_certificate(octets)
