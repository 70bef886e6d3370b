"""What both ends of an SCP03 secure channel make alike (GlobalPlatform Amendment D v1.1.1).

The answer to INITIALIZE UPDATE (7.1.1) is made by the card to answer and by the host to compare, byte for
byte: a MAC covers none of these bytes, and whoever carries them could alter those that the cryptogram does
not follow from.
"""

from typing import Final

from honnin.card import scp03
from honnin.card.apdu import Response
from honnin.card.scp03 import MAC_LENGTH, SessionKeys, StaticKeys
from honnin.card.status_word import StatusWord
from honnin.identifiers import CardNumber

ISSUER_AID: Final = bytes.fromhex("A000000151000000")
SCP03: Final = 0x03
OPTIONS: Final = 0x70  # pseudo-random challenge, R-MAC, R-ENCRYPTION
INITIALIZE_UPDATE: Final = 0x50
EXTERNAL_AUTHENTICATE: Final = 0x82
SECURITY_LEVEL: Final = 0x33  # C-MAC, C-DECRYPTION, R-MAC, R-ENCRYPTION
SECURE_MESSAGING_BIT: Final = 0x04
_DIVERSIFICATION_LENGTH: Final = 10
_COUNTER_LENGTH: Final = 3


def opening_answer(keys: StaticKeys, card_number: CardNumber, counter: int, host_challenge: bytes) -> bytes:
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


def is_protected(status_word: int) -> bool:
    """Only success and warnings carry a response MAC; an error is a bare status word (Amendment D, 6.2.5)."""
    return status_word == StatusWord.OK or status_word >> 8 in (0x62, 0x63)


def response_mac(keys: SessionKeys, command_mac: bytes, response: Response) -> bytes:
    return keys.response_mac(command_mac + response.to_bytes())[:MAC_LENGTH]
