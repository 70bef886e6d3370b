"""The linter catches mutations that no builder writes."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from honnin.pkix import der
from tests.profile.departures import SIGNATURE, SIGNATURE_TBS, codes
from tests.support.pki import specimen


def rewritten(tbs: bytes, at: int, element: bytes) -> bytes:
    """The TBSCertificate with one of its eight fields exchanged."""
    fields = [field.encoded for field in der.only(tbs).children()]
    return der.sequence(*fields[:at], element, *fields[at + 1 :])


def utc(text: str) -> bytes:
    return der.tlv(der.UTC_TIME, text.encode())


KEY = specimen.key("holder signature").public_key()
SPKI = KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
MODULUS = KEY.public_numbers().n.to_bytes(256, "big")


def with_modulus(number: int) -> bytes:
    return SPKI.replace(MODULUS, number.to_bytes(256, "big"))


SPKI_WITHOUT_PARAMETERS = der.sequence(
    der.sequence(der.object_identifier("1.2.840.113549.1.1.1")),
    der.bit_string(KEY.public_bytes(Encoding.DER, PublicFormat.PKCS1)),
)


@pytest.mark.parametrize(
    ("at", "element", "code"),
    [
        (0, "a003020101", "L_VERSION"),
        (1, der.integer(0).hex(), "L_SERIAL"),
        (1, der.integer(-5).hex(), "L_SERIAL"),
        (1, der.integer(2**160).hex(), "L_SERIAL"),
        (1, "02020005", "L_SERIAL"),
        (1, "040105", "L_SERIAL"),
        (2, "300b06092a864886f70d01010b", "L_ALGORITHM"),
        (4, der.sequence(utc("260203011112Z"), utc("310217145959+0000")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("2602030111Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("260203011112Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("261303011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("320203011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY"),
        (4, der.sequence(utc("510203011112Z"), utc("310217145959Z")).hex(), "L_VALIDITY_SPAN"),
        (4, der.sequence(utc("240716005026Z"), utc("310217145959Z")).hex(), "L_VALIDITY_SPAN"),
        (4, der.sequence(utc("260203011112Z"), utc("340716145959Z")).hex(), "L_VALIDITY_SPAN"),
        (5, "3000", "L_SUBJECT"),
        (5, "0500", "L_DER"),
        (6, SPKI_WITHOUT_PARAMETERS.hex(), "L_KEY"),
        (6, SPKI[:-1].hex() + "03", "L_KEY"),
        (6, with_modulus(2**2047 + 2).hex(), "L_KEY"),
        (6, SPKI.replace(MODULUS, b"\x7f" + MODULUS[1:]).hex(), "L_KEY"),
        (6, "3000", "L_KEY"),
        (7, "a3023000", "L_EXTENSION_MISSING"),
        (7, "a300", "L_DER"),
        (7, "30023000", "L_DER"),
        (7, "a3043002" + "3000", "L_DER"),
    ],
)
def test_fields_that_no_builder_writes(at: int, element: str, code: str) -> None:
    assert code in codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, at, bytes.fromhex(element))))


def extension_field(*extensions: bytes) -> bytes:
    return der.explicit(3, der.sequence(*extensions))


def listed() -> list[bytes]:
    fields = der.only(SIGNATURE_TBS).children()
    return [extension.encoded for extension in fields[7].children(0xA3)[0].children()]


def test_extension_that_comes_twice_is_one_too_many() -> None:
    doubled = extension_field(*listed(), listed()[2])
    assert codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, 7, doubled))) == {"L_EXTENSION_EXTRA"}


def test_criticality_that_is_false_in_so_many_words_is_not_der() -> None:
    oid, value = der.only(listed()[1]).children()
    spelled = der.sequence(oid.encoded, der.boolean(False), value.encoded)
    field = extension_field(listed()[0], spelled, *listed()[2:])
    assert codes(SIGNATURE.findings(rewritten(SIGNATURE_TBS, 7, field))) == {"L_DER"}


def test_unique_identifiers_are_not_of_version_3_as_we_write_it() -> None:
    fields = [field.encoded for field in der.only(SIGNATURE_TBS).children()]
    assert codes(SIGNATURE.findings(der.sequence(*fields[:7], der.implicit(1, b"\x00x"), fields[7]))) == {
        "L_DER"
    }
