"""COMPUTE DIGITAL SIGNATURE: the six modes of the card's RSA keys (docs/reference/card.md).

The card never checks that mode 00 gets a DigestInfo: it pads whatever it is given, as the real one does.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.chip.memory import Memory
from honnin.card.chip.private_keys import load_key
from honnin.card.status_word import CommandRejected, StatusWord

SignatureMode = Callable[[RSAPrivateKey, bytes], bytes]

DIGEST_LENGTH: Final = 32
SIGN_MESSAGE: Final = 0x03  # sha256WithRSAEncryption of a message
PADDING_LENGTH: Final = 11  # of PKCS#1 v1.5, at least
_PSS: Final = PSS(MGF1(SHA256()), DIGEST_LENGTH)


class SigningKeys:
    """An application's private keys, loaded when first used and again when the card gets another key."""

    def __init__(self, memory: Memory, application: str) -> None:
        self._memory = memory
        self._application = application
        self._loaded: dict[int, tuple[bytes, RSAPrivateKey]] = {}

    def of(self, file: int) -> RSAPrivateKey:
        """The key of a file. Raises CommandRejected 6985 when there is none."""
        encoded = self._memory.application(self._application).keys.get(file)
        if encoded is None:
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        loaded = self._loaded.get(file)
        if loaded is None or loaded[0] is not encoded:
            loaded = encoded, load_key(encoded)
            self._loaded[file] = loaded
        return loaded[1]


def _pad_as_given(key: RSAPrivateKey, data: bytes) -> bytes:
    if not 1 <= len(data) <= key.key_size // 8 - PADDING_LENGTH:
        raise CommandRejected(StatusWord.WRONG_LENGTH)
    return key.sign(data, PKCS1v15(), NoDigestInfo())


def _hash_and_pad_bare(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(sha256(_some(data)).digest(), PKCS1v15(), NoDigestInfo())


def _of_hash(padding: AsymmetricPadding) -> SignatureMode:
    def sign(key: RSAPrivateKey, data: bytes) -> bytes:
        if len(data) != DIGEST_LENGTH:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return key.sign(data, padding, Prehashed(SHA256()))

    return sign


def _of_message(padding: AsymmetricPadding) -> SignatureMode:
    def sign(key: RSAPrivateKey, data: bytes) -> bytes:
        return key.sign(_some(data), padding, SHA256())

    return sign


def _some(data: bytes) -> bytes:
    if not data:
        raise CommandRejected(StatusWord.WRONG_LENGTH)
    return data


MODES: Final[Mapping[int, SignatureMode]] = {
    0x00: _pad_as_given,
    0x01: _hash_and_pad_bare,
    0x02: _of_hash(PKCS1v15()),
    SIGN_MESSAGE: _of_message(PKCS1v15()),
    0x04: _of_hash(_PSS),
    0x05: _of_message(_PSS),
}
