"""The cryptography of SCP03 (GlobalPlatform Card Specification, Amendment D v1.1.1) in S8 mode.

Keys of AES-128, AES-192 and AES-256, key derivation (NIST SP 800-108 in counter mode with AES-CMAC), padding
and the encryption of one message. Pure functions of bytes; the ends of a channel put them in order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from honnin.identifiers import CardNumber

BLOCK: Final = 16
MAC_LENGTH: Final = 8
CHALLENGE_LENGTH: Final = 8
KEY_LENGTHS: Final = (16, 24, 32)
FIRST_KEY_VERSION: Final = 0x30  # of a card from the factory: our choice among 01 to 7F
LAST_KEY_VERSION: Final = 0x7F
SEQUENCE_COUNTER_MAX: Final = 0xFFFFFF
Prf = Callable[[bytes], bytes]  # AES-CMAC under a key that stays where it is

# Derivation constants, Amendment D table 4-1.
CARD_CRYPTOGRAM: Final = 0x00
HOST_CRYPTOGRAM: Final = 0x01
CARD_CHALLENGE: Final = 0x02
SESSION_ENC: Final = 0x04
SESSION_MAC: Final = 0x06
SESSION_RMAC: Final = 0x07

# Our choice, for the diversification of a card's keys from the master key.
_CARD_ENC: Final = 0xE1
_CARD_MAC: Final = 0xE2
_CARD_DEK: Final = 0xE3


@dataclass(frozen=True)
class StaticKeys:
    """The issuer's keys of one card: three of 16, 24 or 32 bytes, and their version. Hides them from logs."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)
    version: int = FIRST_KEY_VERSION

    def __post_init__(self) -> None:
        if len(self.enc) not in KEY_LENGTHS or {len(self.mac), len(self.dek)} != {len(self.enc)}:
            raise ValueError("SCP03 keys are three AES keys of one length")
        if not 1 <= self.version <= LAST_KEY_VERSION:
            raise ValueError("a key version is 01 to 7F")


@dataclass(frozen=True)
class SessionKeys:
    """The keys of one secure channel. Hides them from logs."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    rmac: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: StaticKeys, host_challenge: bytes, card_challenge: bytes) -> "SessionKeys":
        """Session keys from both challenges (Amendment D, 6.2.1)."""
        context = host_challenge + card_challenge
        bits = 8 * len(keys.enc)
        return cls(
            enc=derive(keys.enc, SESSION_ENC, context, bits=bits),
            mac=derive(keys.mac, SESSION_MAC, context, bits=bits),
            rmac=derive(keys.mac, SESSION_RMAC, context, bits=bits),
        )

    @cached_property
    def command_mac(self) -> Prf:
        """AES-CMAC under the key of commands, which is set up once for all of them."""
        return _prf(self.mac)

    @cached_property
    def response_mac(self) -> Prf:
        """The same for responses."""
        return _prf(self.rmac)

    @cached_property
    def encrypt_block(self) -> Prf:
        """AES of a single block under the key of encryption, set up once."""
        return Cipher(AES(self.enc), ECB()).encryptor().update  # noqa: S305 - one block

    def encrypt(self, counter: int, message: bytes, *, response: bool = False) -> bytes:
        """Pad and encrypt the data of the `counter`-th command or of its response (6.2.6, 6.2.7)."""
        return _encrypt(self.enc, self._initial_value(counter, response=response), message)

    def decrypt(self, counter: int, ciphertext: bytes, *, response: bool = False) -> bytes | None:
        """Undo `encrypt`; None when the length or the padding is wrong."""
        return _decrypt(self.enc, self._initial_value(counter, response=response), ciphertext)

    def _initial_value(self, counter: int, *, response: bool) -> bytes:
        return self.encrypt_block(_counter_block(counter, response=response))

    def cryptogram(self, constant: int, host_challenge: bytes, card_challenge: bytes) -> bytes:
        """The 8 bytes by which a side proves that it knows the keys (Amendment D, 6.2.2)."""
        return derive(self.mac, constant, host_challenge + card_challenge, bits=64)


def derive_card_keys(
    master_key: bytes, card_number: CardNumber, version: int = FIRST_KEY_VERSION
) -> StaticKeys:
    """`derive_card_keys_by` for whoever has the master key (an AES key) itself.

    Raises ValueError for a master key of another length or a version outside 01 to 7F.
    """
    return derive_card_keys_by(partial(cmac, master_key), len(master_key), card_number, version)


def derive_card_keys_by(prf: Prf, length: int, card_number: CardNumber, version: int) -> StaticKeys:
    """The keys of one card from the issuer's master key; the same call gives the same keys.

    `prf` is AES-CMAC under the master key, which may lie where nobody can read it; `length` is the master
    key's, in bytes. Our choice: the derivation of Amendment D 4.1.5 with constants of our own; its context
    is the card number, and for another version than the first also 00 (which no card number contains) and
    the version. Raises ValueError for another length or a version outside 01 to 7F.
    """
    if length not in KEY_LENGTHS:
        raise ValueError("the master key is an AES key of 16, 24 or 32 bytes")
    context = card_number.encode()
    if version != FIRST_KEY_VERSION:
        context += bytes((0x00, version))
    bits = 8 * length
    return StaticKeys(
        enc=_derive_by(prf, _CARD_ENC, context, bits=bits),
        mac=_derive_by(prf, _CARD_MAC, context, bits=bits),
        dek=_derive_by(prf, _CARD_DEK, context, bits=bits),
        version=version,
    )


def derive(key: bytes, constant: int, context: bytes, *, bits: int) -> bytes:
    """Key derivation of Amendment D 4.1.5 (NIST SP 800-108, counter mode, PRF AES-CMAC)."""
    return _derive_by(partial(cmac, key), constant, context, bits=bits)


def _derive_by(prf: Prf, constant: int, context: bytes, *, bits: int) -> bytes:
    label = bytes(11) + bytes((constant,))
    fixed = b"\x00" + bits.to_bytes(2, "big")
    blocks = -(-bits // (8 * BLOCK))
    output = b"".join(prf(label + fixed + bytes((i,)) + context) for i in range(1, blocks + 1))
    return output[: bits // 8]


def card_challenge(keys: StaticKeys, sequence_counter: int, aid: bytes) -> bytes:
    """The pseudo-random card challenge of one counter value (Amendment D, 6.2.2.1)."""
    return derive(keys.enc, CARD_CHALLENGE, sequence_counter.to_bytes(3, "big") + aid, bits=64)


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC, 16 bytes (RFC 4493)."""
    computation = CMAC(AES(key))
    computation.update(message)
    return computation.finalize()


def _prf(key: bytes) -> Prf:
    """AES-CMAC under one key, for many messages."""
    keyed = CMAC(AES(key))

    def computed(message: bytes) -> bytes:
        computation = keyed.copy()
        computation.update(message)
        return computation.finalize()

    return computed


def key_check_value(key: bytes) -> bytes:
    """Three bytes by which two sides see that they mean the same AES key (Amendment D, 7.2.2)."""
    return _single_block(key, b"\x01" * BLOCK)[:3]


def encrypt_key(dek: bytes, key: bytes) -> bytes:
    """A key, sealed by Key-DEK for the way to the card (Amendment D, 6.2.8); one of 24 bytes is filled up."""
    encryptor = Cipher(AES(dek), CBC(bytes(BLOCK))).encryptor()
    return encryptor.update(key + bytes(-len(key) % BLOCK)) + encryptor.finalize()


def decrypt_key(dek: bytes, sealed: bytes, length: int) -> bytes:
    """Undo `encrypt_key`. Raises ValueError when `sealed` is not whole blocks."""
    decryptor = Cipher(AES(dek), CBC(bytes(BLOCK))).decryptor()
    return (decryptor.update(sealed) + decryptor.finalize())[:length]


def pad(message: bytes) -> bytes:
    """Padding method 2 of ISO/IEC 9797-1: 80, then zeros up to a whole block."""
    return message + b"\x80" + bytes(-(len(message) + 1) % BLOCK)


def unpad(message: bytes) -> bytes | None:
    """The message without its padding, or None when there is none.

    Takes more zeros than needed, as some cards send; the MAC over them was right.
    """
    stripped = message.rstrip(b"\x00")
    return stripped[:-1] if stripped.endswith(b"\x80") else None


def encrypt(key: bytes, counter: int, message: bytes, *, response: bool = False) -> bytes:
    """Pad and encrypt the data of the `counter`-th command or of its response (Amendment D, 6.2.6, 6.2.7)."""
    return _encrypt(key, _single_block(key, _counter_block(counter, response=response)), message)


def decrypt(key: bytes, counter: int, ciphertext: bytes, *, response: bool = False) -> bytes | None:
    """Undo `encrypt`; None when the length or the padding is wrong."""
    return _decrypt(key, _single_block(key, _counter_block(counter, response=response)), ciphertext)


def _encrypt(key: bytes, initial_value: bytes, message: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(initial_value)).encryptor()
    return encryptor.update(pad(message)) + encryptor.finalize()


def _decrypt(key: bytes, initial_value: bytes, ciphertext: bytes) -> bytes | None:
    if len(ciphertext) % BLOCK:
        return None
    decryptor = Cipher(AES(key), CBC(initial_value)).decryptor()
    return unpad(decryptor.update(ciphertext) + decryptor.finalize())


def _counter_block(counter: int, *, response: bool) -> bytes:
    """What is encrypted to the initial chaining value: the counter, with the top bit set for a response."""
    block = counter.to_bytes(BLOCK, "big")
    return b"\x80" + block[1:] if response else block


def _single_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(bytes(BLOCK))).encryptor()  # one block: the same as ECB
    return encryptor.update(block) + encryptor.finalize()
