"""PUT KEY as both ends read it: new issuer keys for one card, all three at once (Amendment D v1.1.1, 7.2).

The command exists inside the secure channel only. Its P1 is the version of the keys in force, its data is

    new version | 3 times: 88 | 11 or 21 | length of the key | key sealed by Key-DEK | 03 | check value

and its answer is the new version and the three check values, in the order ENC, MAC, DEK.

The card replaces keys, version and sequence counter (back to 0) in one durable change, and the open channel
goes on with its session keys. A host whose answer was lost begins a channel with `HostChannel.begin(None)`
and asks `key_version`: the new version means done, the present one that nothing happened and the command can
be made again. Only the channel that opens proves the version that the card claims.

Our choice: the version must rise, and Key-ENC must be another, for after the counter's return to 0 the old
Key-ENC would give the old challenges again, and with them recorded channels could be played to the card.
"""

from typing import Final

from honnin.card import tlv
from honnin.card.scp03 import BLOCK, KEY_LENGTHS, StaticKeys, decrypt_key, encrypt_key, key_check_value

PUT_KEY: Final = 0xD8
ALL_KEYS: Final = 0x81  # P2: several keys, beginning with key 1
_AES: Final = 0x88
_CHECK_LENGTH: Final = 3


def sealed_keys(dek: bytes, new: StaticKeys) -> bytes:
    """The data of PUT KEY that brings `new` to a card whose Key-DEK is `dek`."""
    return bytes((new.version,)) + b"".join(_field(dek, key) for key in (new.enc, new.mac, new.dek))


def received_keys(dek: bytes, data: bytes) -> StaticKeys:
    """The card's end: the keys in the data of PUT KEY. Raises ValueError when anything does not fit."""
    enc, rest = _read_field(dek, data[1:])
    mac, rest = _read_field(dek, rest)
    new_dek, rest = _read_field(dek, rest)
    if rest:
        raise ValueError("more than three keys")
    return StaticKeys(enc, mac, new_dek, data[0])


def confirmation(keys: StaticKeys) -> bytes:
    """What the card answers once `keys` are in force: their version and check values."""
    return bytes((keys.version,)) + b"".join(map(key_check_value, (keys.enc, keys.mac, keys.dek)))


def _field(dek: bytes, key: bytes) -> bytes:
    sealed = tlv.record(_AES, bytes((len(key),)) + encrypt_key(dek, key))
    return sealed + bytes((_CHECK_LENGTH,)) + key_check_value(key)


def _read_field(dek: bytes, data: bytes) -> tuple[bytes, bytes]:
    """The first key of `data`, and what follows it. Raises ValueError."""
    component, rest = tlv.take_record(data, _AES)
    length, sealed = (component[0], component[1:]) if component else (0, b"")
    if length not in KEY_LENGTHS or len(sealed) != length + -length % BLOCK:
        raise ValueError("not an AES key")
    key = decrypt_key(dek, sealed, length)
    check = bytes((_CHECK_LENGTH,)) + key_check_value(key)
    if not rest.startswith(check):
        raise ValueError("the check value is wrong")
    return key, rest[len(check) :]
