"""Private keys under a passphrase, as files that other software opens too: EncryptedPrivateKeyInfo in PEM.

RFC 5958 (the structure), RFC 8018 (PBES2), RFC 7914 (scrypt). A passphrase that people choose is guessed by
machines: scrypt makes each guess cost memory and time. How much is said in the file; a file that asks for
more memory than `MOST_MEMORY` is refused, for it may have been altered to exhaust the machine.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from honnin.errors import Malformed
from honnin.pkix import der

_PBES2: Final = der.object_identifier("1.2.840.113549.1.5.13")
_SCRYPT: Final = der.object_identifier("1.3.6.1.4.1.11591.4.11")
_AES_256_CBC: Final = der.object_identifier("2.16.840.1.101.3.4.1.42")
_BEGIN: Final = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_END: Final = "-----END ENCRYPTED PRIVATE KEY-----"
_KEY_LENGTH: Final = 32
_BLOCK: Final = 16
MOST_MEMORY: Final = 64 * 1024 * 1024  # bytes
MOST_PASSES: Final = 16


@dataclass(frozen=True)
class Stretching:
    """The salt of a passphrase and what a guess costs (RFC 7914, 2): 128 N r bytes, p times.

    As we choose it: 16 MiB, about 0.15 seconds. OpenSSL's commands open no file that asks for 32 MiB.
    """

    salt: bytes
    cost: int = 1 << 14
    block_size: int = 8
    passes: int = 5

    @classmethod
    def fresh(cls) -> "Stretching":
        """With a new salt."""
        return cls(secrets.token_bytes(16))

    def key(self, passphrase: bytes) -> bytes:
        """The key that encrypts. Raises Malformed E_DER_MALFORMED for costs that are none or too high."""
        memory = 128 * self.cost * self.block_size
        if not (0 < memory <= MOST_MEMORY and 0 < self.passes <= MOST_PASSES):
            raise Malformed("E_DER_MALFORMED")
        try:
            return hashlib.scrypt(
                passphrase,
                salt=self.salt,
                n=self.cost,
                r=self.block_size,
                p=self.passes,
                maxmem=2 * MOST_MEMORY,
                dklen=_KEY_LENGTH,
            )
        except ValueError as error:  # N is no power of two
            raise Malformed("E_DER_MALFORMED") from error


def stretching_of(pem: bytes) -> Stretching | None:
    """How a file's passphrase is stretched; None where it is not by scrypt."""
    try:
        return _read(pem)[0]
    except (Malformed, ValueError):
        return None


def encrypt(private_key_info: bytes, stretching: Stretching, key: bytes) -> bytes:
    """A PEM file that holds a PrivateKeyInfo (DER); `key` is `stretching.key(passphrase)`."""
    vector, padder = secrets.token_bytes(_BLOCK), PKCS7(8 * _BLOCK).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    padded = padder.update(private_key_info) + padder.finalize()
    numbers = map(der.integer, (stretching.cost, stretching.block_size, stretching.passes, _KEY_LENGTH))
    derivation = der.sequence(_SCRYPT, der.sequence(der.octet_string(stretching.salt), *numbers))
    scheme = der.sequence(_AES_256_CBC, der.octet_string(vector))
    algorithm = der.sequence(_PBES2, der.sequence(derivation, scheme))
    encrypted = der.octet_string(cipher.update(padded) + cipher.finalize())
    lines = wrap(b64encode(der.sequence(algorithm, encrypted)).decode("ascii"), 64)
    return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def decrypt(pem: bytes, key: bytes) -> bytes:
    """The PrivateKeyInfo (DER) of such a file.

    Raises ValueError or Malformed when the key does not open it.
    """
    _, vector, encrypted = _read(pem)
    cipher, unpadder = (
        Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor(),
        PKCS7(8 * _BLOCK).unpadder(),
    )
    return unpadder.update(cipher.update(encrypted) + cipher.finalize()) + unpadder.finalize()


def _read(pem: bytes) -> tuple[Stretching, bytes, bytes]:
    """How the passphrase is stretched, the initialisation vector and what is encrypted."""
    lines = pem.decode("ascii").split()
    text = " ".join(lines).removeprefix(_BEGIN).removesuffix(_END)
    algorithm, encrypted = der.only(b64decode("".join(text.split()), validate=True)).children()
    scheme, parameters = algorithm.children()
    if scheme.encoded != _PBES2:
        raise Malformed("E_DER_MALFORMED")
    (derivation, particulars), (cipher, vector) = (each.children() for each in parameters.children())
    if (derivation.encoded, cipher.encoded) != (_SCRYPT, _AES_256_CBC):
        raise Malformed("E_DER_MALFORMED")
    salt, cost, block_size, passes, *length = particulars.children()
    if [each.number() for each in length] not in ([], [_KEY_LENGTH]):
        raise Malformed("E_DER_MALFORMED")
    stretching = Stretching(
        salt.expect(der.OCTET_STRING).content, cost.number(), block_size.number(), passes.number()
    )
    return stretching, vector.expect(der.OCTET_STRING).content, encrypted.expect(der.OCTET_STRING).content
