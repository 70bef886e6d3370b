"""What GET DATA answers outside all applications: who issued the card, and a chain of two certificates.

The card's number (0045) and its last day (00F2) change with the card and are answered from its state; the
rest is here. 0066 is GlobalPlatform's card recognition data (Card Specification 2.3.1, annex H.2) and says
what our issuer security domain really speaks: SCP03 with option 70.
"""

from functools import reduce
from operator import xor
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from honnin.card import tlv
from honnin.card.issuer.content import values
from honnin.card.issuer.content.certificates import (
    MASTER_FILE_INTERMEDIATE,
    MASTER_FILE_ROOT,
    CertificateIssuer,
    municipality_identifier,
    without_header,
)
from honnin.identifiers import MunicipalityCode

ISSUER: Final = 0x0042
RECOGNITION: Final = 0x0066
MUNICIPALITY: Final = 0x00F0
INTERMEDIATE: Final = 0x00F7
UPPER_CERTIFICATE: Final = 0x00F8
LOWER_CERTIFICATE: Final = 0x7F21
CONTACT_ATR: Final = 0x5F51

_OBJECT_IDENTIFIER: Final = 0x06
_GLOBALPLATFORM: Final = bytes.fromhex("2A864886FC6B")  # 1.2.840.114283
_RECOGNITION: Final = (
    (None, b"\x01"),  # this is card recognition data
    (0x60, b"\x02\x02\x03"),  # of a card of version 2.3
    (0x63, b"\x03"),  # which identifies itself by its issuer's and its own number
    (0x64, b"\x04\x03\x70"),  # and speaks SCP03, i = 70
)


def recognition_data() -> bytes:
    """The card recognition data, with its own tag as GlobalPlatform answers it."""
    elements = b""
    for tag, arc in _RECOGNITION:
        identifier = tlv.encode(_OBJECT_IDENTIFIER, _GLOBALPLATFORM + arc)
        elements += identifier if tag is None else tlv.encode(tag, identifier)
    return tlv.encode(0x66, tlv.encode(0x73, elements))


def contact_atr(atr: bytes) -> bytes:
    """The answer to reset as 5F51 tells it: without its first byte 3B.

    Raises ValueError when it does not begin so, or its check byte is wrong (ISO/IEC 7816-3, 8.2.5).
    """
    if atr[:1] != b"\x3b" or reduce(xor, atr[1:], 0):
        raise ValueError("not an answer to reset with its check byte")
    return atr[1:]


def certificate_chain(
    root: CertificateIssuer,
    intermediate: RSAPrivateKey,
    municipality_code: MunicipalityCode,
    subject: RSAPublicKey,
) -> tuple[bytes, bytes]:
    """The two certificates, as 00F8 and 7F21 tell them: the root's for the intermediate key, and that key's
    for the municipality's. 563 bytes each."""
    upper = root.certify(MASTER_FILE_INTERMEDIATE, intermediate.public_key())
    lower = CertificateIssuer(MASTER_FILE_INTERMEDIATE, intermediate).certify(
        municipality_identifier(municipality_code), subject
    )
    return without_header(upper), without_header(lower)


def data_objects(
    municipality_code: MunicipalityCode, atr: bytes, chain: tuple[bytes, bytes]
) -> dict[int, bytes]:
    """The objects by tag. `chain` is that of `certificate_chain`, `atr` the whole contact answer to reset.

    Raises ValueError.
    """
    upper, lower = chain
    return {
        ISSUER: MASTER_FILE_ROOT,
        RECOGNITION: recognition_data(),
        MUNICIPALITY: values.encode_municipality(municipality_code),
        INTERMEDIATE: MASTER_FILE_INTERMEDIATE,
        UPPER_CERTIFICATE: upper,
        LOWER_CERTIFICATE: lower,
        CONTACT_ATR: contact_atr(atr),
    }
