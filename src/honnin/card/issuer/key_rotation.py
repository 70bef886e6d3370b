"""New issuer keys for one card, from the issuer's end (`put_key` has the form of the command)."""

from honnin.card.apdu import Command
from honnin.card.put_key import ALL_KEYS, PUT_KEY, confirmation, sealed_keys
from honnin.card.scp03 import StaticKeys
from honnin.errors import Malformed


def put_key(present: StaticKeys, new: StaticKeys) -> bytes:
    """The plain command that replaces the card's keys `present` by `new`; `HostChannel.wrap` protects it."""
    data = sealed_keys(present.dek, new)
    return Command(0x80, PUT_KEY, present.version, ALL_KEYS, data, 256).to_bytes()


def check_replaced(new: StaticKeys, answer: bytes) -> None:
    """The unwrapped answer to `put_key`. Raises Malformed E_CARD_ANSWER_MALFORMED when it confirms others."""
    if answer != confirmation(new):
        raise Malformed("E_CARD_ANSWER_MALFORMED")
