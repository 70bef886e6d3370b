"""Card-verifiable certificates: who may sign the records of a card, in 568 bytes (tag 7F21).

`7F21 { 5F4E { issuer's key identifier 16, subject's 16, public key 265 }, 5F37 signature 256 }`; the
signature covers the 297 bytes of the body. GET DATA answers without the 7F21 header. A certificate has no
dates and no names: it says only that one key vouches for another.

A key identifier is seven digits, 08 05, three digits, 00 00 00 and one byte more. Those of issued cards
begin with 5, those of the official test cards with 6. Ours begin with 9, a third hierarchy: a program
that trusts real cards does not know our root, and says so instead of finding a bad signature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from honnin.card import tlv
from honnin.card.issuer.content import keys
from honnin.card.issuer.content.values import is_digits
from honnin.errors import Untrusted
from honnin.identifiers import MunicipalityCode

CERTIFICATE_LENGTH: Final = 568
KEY_IDENTIFIER_LENGTH: Final = 16
_LAYOUT: Final = tlv.Layout("certificate", 0x7F21, (0x5F4E, 0x5F37))
_HEADER_LENGTH: Final = 5
_BODY_LENGTH: Final = 2 * KEY_IDENTIFIER_LENGTH + keys.PUBLIC_KEY_LENGTH


def key_identifier(number: str, group: str = "001", *, last: int = 0x00) -> bytes:
    """The 16 bytes for seven digits and three. Raises ValueError for anything but digits."""
    if not (is_digits(number, 7) and is_digits(group, 3)):
        raise ValueError("a key identifier has seven digits and three")
    return number.encode() + b"\x08\x05" + group.encode() + bytes((0, 0, 0, last))


# The last byte A8 and the numbers after the first digit are those of issued cards; the 9 is ours.
MASTER_FILE_ROOT: Final = key_identifier("9000020", last=0xA8)
MASTER_FILE_INTERMEDIATE: Final = key_identifier("9000021")
VISUAL_ROOT: Final = key_identifier("9000023")
TEXT_ROOT: Final = key_identifier("9000033")


def municipality_identifier(municipality_code: MunicipalityCode) -> bytes:
    """The identifier of the key by which a municipality's cards are signed: its five digits and 21."""
    return key_identifier(f"{municipality_code}21", "000")


@dataclass(frozen=True)
class CardVerifiableCertificate:
    """What a certificate says. That it was read does not mean that it is to be trusted."""

    issuer: bytes
    subject: bytes
    public_key: RSAPublicKey
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def verify(self, issuer_key: RSAPublicKey) -> None:
        """Raises Untrusted E_CARD_RECORD_UNTRUSTED unless this key signed the certificate."""
        keys.verify(issuer_key, self.signature, self.body, _LAYOUT.name)


@dataclass(frozen=True)
class CertificateIssuer:
    """A key that certifies others, and its identifier. It is never on a card."""

    key_identifier: bytes
    private_key: RSAPrivateKey = field(repr=False)

    def certify(self, subject: bytes, public_key: RSAPublicKey) -> bytes:
        """A certificate of 568 bytes for a subject's key identifier and public key."""
        if len(subject) != KEY_IDENTIFIER_LENGTH or len(self.key_identifier) != KEY_IDENTIFIER_LENGTH:
            raise ValueError("a key identifier has 16 bytes")
        body = self.key_identifier + subject + keys.encode_public_key(public_key)
        return tlv.encode_file(_LAYOUT, (body, keys.sign(self.private_key, body)))


@dataclass(frozen=True)
class RecordIssuer:
    """A key that signs the records of one application, and its certificate as the cards carry it.

    Raises ValueError when the two do not belong together.
    """

    private_key: RSAPrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if parse_certificate(self.certificate).public_key != self.private_key.public_key():
            raise ValueError("the certificate is for another key")


def without_header(certificate: bytes) -> bytes:
    """A certificate as GET DATA answers it: what stands inside 7F21, 563 bytes."""
    return certificate[_HEADER_LENGTH:]


def parse_certificate(octets: bytes) -> CardVerifiableCertificate:
    """A certificate with its 7F21 header (568 bytes, as in a file) or without (563, as from GET DATA).

    Raises Malformed E_CARD_RECORD_MALFORMED for anything else.
    """
    if len(octets) == CERTIFICATE_LENGTH:
        fields = tlv.decode_file(_LAYOUT, octets)
    else:
        fields = tlv.decode_fields(_LAYOUT, octets)
    body, signature = (fields[tag].value for tag in _LAYOUT.fields)
    if len(body) != _BODY_LENGTH or len(signature) != keys.SIGNATURE_LENGTH:
        raise tlv.malformed(_LAYOUT.name)
    issuer, subject, key = body[:16], body[16:32], body[32:]
    if not (_is_key_identifier(issuer) and _is_key_identifier(subject)):
        raise tlv.malformed(_LAYOUT.name)
    return CardVerifiableCertificate(
        issuer, subject, keys.decode_public_key(key, _LAYOUT.name), body, signature
    )


def verify_certificate(octets: bytes, trusted: Mapping[bytes, RSAPublicKey]) -> CardVerifiableCertificate:
    """The certificate, when one of the trusted keys (by key identifier) signed it.

    Raises Malformed E_CARD_RECORD_MALFORMED, Untrusted E_CARD_ISSUER_UNKNOWN when no trusted key has the
    issuer's identifier, and Untrusted E_CARD_RECORD_UNTRUSTED when that key did not sign it.
    """
    return verify_chain((octets,), trusted)


def verify_chain(chain: Sequence[bytes], trusted: Mapping[bytes, RSAPublicKey]) -> CardVerifiableCertificate:
    """The last certificate of a chain whose first a trusted key signed. Raises as `verify_certificate`."""
    known = dict(trusted)
    for octets in chain:
        certificate = parse_certificate(octets)
        if certificate.issuer not in known:
            raise Untrusted("E_CARD_ISSUER_UNKNOWN")
        certificate.verify(known[certificate.issuer])
        known = {certificate.subject: certificate.public_key}
    if not chain:
        raise Untrusted("E_CARD_ISSUER_UNKNOWN")
    return certificate


def _is_key_identifier(octets: bytes) -> bool:
    return octets[:7].isdigit() and octets[7:9] == b"\x08\x05" and octets[9:12].isdigit()
