"""RSA keys and signatures in the form that the card's records have: 90 exponent, 91 modulus, PKCS #1 v1.5.

Every key is RSA-2048 with exponent 65537, every signature PKCS #1 v1.5 over SHA-256 (RFC 8017, 8.2). The
face record is the one exception, see `sign_digests`.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card import tlv
from honnin.errors import Untrusted

KEY_BITS: Final = 2048
PUBLIC_EXPONENT: Final = 65537
PUBLIC_KEY_LENGTH: Final = 265
SIGNATURE_LENGTH: Final = 256
_EXPONENT_TAG, _MODULUS_TAG = 0x90, 0x91
_EXPONENT_OCTETS: Final = PUBLIC_EXPONENT.to_bytes(3, "big")
# DigestInfo (RFC 8017, 9.2) of SHA-256 with an OCTET STRING of 96 bytes where one digest has 32.
_THREE_DIGESTS: Final = bytes.fromhex("3071 300D 0609 608648016503040201 0500 0460")


def encode_public_key(key: RSAPublicKey) -> bytes:
    """A public key in 265 bytes: 90 exponent, 91 modulus. Raises ValueError unless RSA-2048, 65537."""
    numbers = key.public_numbers()
    if key.key_size != KEY_BITS or numbers.e != PUBLIC_EXPONENT:
        raise ValueError("a key of the card is RSA-2048 with exponent 65537")
    return tlv.encode(_EXPONENT_TAG, _EXPONENT_OCTETS) + tlv.encode(
        _MODULUS_TAG, numbers.n.to_bytes(KEY_BITS // 8, "big")
    )


def decode_public_key(octets: bytes, name: str) -> RSAPublicKey:
    """The key written by `encode_public_key`. Raises Malformed E_CARD_RECORD_MALFORMED."""
    fields = tlv.decode_fields(tlv.Layout(name, 0, (_EXPONENT_TAG, _MODULUS_TAG)), octets)
    modulus = int.from_bytes(fields[_MODULUS_TAG].value, "big")
    whole = len(fields[_MODULUS_TAG].value) == KEY_BITS // 8 and modulus.bit_length() == KEY_BITS
    if fields[_EXPONENT_TAG].value != _EXPONENT_OCTETS or not whole or modulus % 2 == 0:
        raise tlv.malformed(name)
    return RSAPublicNumbers(PUBLIC_EXPONENT, modulus).public_key()


def sign(key: RSAPrivateKey, octets: bytes) -> bytes:
    """The signature of a record, 256 bytes."""
    return key.sign(octets, PKCS1v15(), SHA256())


def verify(key: RSAPublicKey, signature: bytes, octets: bytes, name: str) -> None:
    """Raises Untrusted E_CARD_RECORD_UNTRUSTED unless `key` signed these bytes."""
    try:
        key.verify(signature, octets, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise Untrusted("E_CARD_RECORD_UNTRUSTED", record=name) from error


def sign_digests(key: RSAPrivateKey, segments: Sequence[bytes]) -> bytes:
    """The face record's signature: three SHA-256 digests one after another in one DigestInfo.

    A terminal that only looks at the photograph need not have hashed the rest itself.
    """
    return key.sign(_digests_info(segments), PKCS1v15(), NoDigestInfo())


def verify_digests(key: RSAPublicKey, signature: bytes, segments: Sequence[bytes], name: str) -> None:
    """Raises Untrusted E_CARD_RECORD_UNTRUSTED unless `key` signed these segments by `sign_digests`."""
    try:
        signed = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except InvalidSignature as error:
        raise Untrusted("E_CARD_RECORD_UNTRUSTED", record=name) from error
    if signed != _digests_info(segments):
        raise Untrusted("E_CARD_RECORD_UNTRUSTED", record=name)


def _digests_info(segments: Sequence[bytes]) -> bytes:
    first, second, third = (sha256(segment).digest() for segment in segments)
    return _THREE_DIGESTS + first + second + third
