"""A card whose authentication slot holds a given key, without the way through issuing."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.card.slot import KeySlot
from honnin.card.state import CardState, PinRecord, SlotContent


def with_key(state: CardState, key: RSAPrivateKey, *, pin: str) -> CardState:
    """The card with the key, a filler certificate and the PIN set."""
    encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    filler = b"\x30\x82\x01\x00" + bytes(256)
    content = SlotContent(PinRecord(pin, 3), encoded, certificate=filler, ca_certificate=filler)
    return state.with_slot(KeySlot.AUTHENTICATION, content)
