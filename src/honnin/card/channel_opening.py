"""What a card of ours answers to INITIALIZE UPDATE, byte for byte (GlobalPlatform Amendment D v1.1.1, 7.1.1).

Both ends make it: the card to answer, the host to compare, for of these bytes a MAC covers none, and whoever
carries them could alter those that the cryptogram does not follow from.
"""

from typing import Final

from honnin.card import scp03
from honnin.card.scp03 import SessionKeys, StaticKeys

ISSUER_AID: Final = bytes.fromhex("A000000151000000")
SCP03: Final = 0x03
OPTIONS: Final = 0x70  # pseudo-random challenge, R-MAC, R-ENCRYPTION
_DIVERSIFICATION_LENGTH: Final = 10
_COUNTER_LENGTH: Final = 3


def opening_answer(keys: StaticKeys, card_number: str, counter: int, host_challenge: bytes) -> bytes:
    """Card number, key version, protocol, options, card challenge, card cryptogram and sequence counter."""
    challenge = scp03.card_challenge(keys, counter, ISSUER_AID)
    session = SessionKeys.of(keys, host_challenge, challenge)
    return (
        card_number.encode()[-_DIVERSIFICATION_LENGTH:].rjust(_DIVERSIFICATION_LENGTH, b"\x00")
        + bytes((keys.version, SCP03, OPTIONS))
        + challenge
        + session.cryptogram(scp03.CARD_CRYPTOGRAM, host_challenge, challenge)
        + counter.to_bytes(_COUNTER_LENGTH, "big")
    )


def counter_of(answer: bytes) -> int:
    """The sequence counter that an answer ends with."""
    return int.from_bytes(answer[-_COUNTER_LENGTH:], "big")
