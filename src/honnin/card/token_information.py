"""Token information (JPKI 0006): CK_TOKEN_INFO of PKCS #11 as the card writes it, numbers of four bytes.

Where the label says what kind of token it is, clients look at those 32 bytes alone. Flags, lengths and
versions are those that a survey of a test card found; the names are ours and say that the card is a test
one. Versions and time are the letters that real cards have there, not what PKCS #11 means by them.
"""

from typing import Final

LENGTH: Final = 160
LABEL_LENGTH: Final = 32
_NAMES: Final = ((0, 32), (32, 64), (64, 80), (80, 96))  # label, maker, model, serial number
_MAKER: Final = b"HONNIN TEST CARD".ljust(32)
_MODEL: Final = b"TEST".ljust(16)
_SERIAL: Final = b"0" * 16
_FLAGS: Final = 0x0000040D  # a random generator, login required, user PIN and token initialised
_SESSIONS: Final = (1, 0, 1, 0)  # at most and now, and of those that write
_PIN_LENGTHS: Final = (16, 6)
_UNAVAILABLE: Final = 0xFFFFFFFF
_MEMORY: Final = (_UNAVAILABLE,) * 4
_VERSIONS: Final = b"0301"
_TIME: Final = b"9" * 16


def token_information(label: str) -> bytes:
    """The file for a token of that label, 160 bytes. Of a longer label 32 characters are taken."""
    numbers = (_FLAGS, *_SESSIONS, *_PIN_LENGTHS, *_MEMORY)
    octets = b"".join(number.to_bytes(4, "big") for number in numbers)
    name = label.encode("ascii", "replace")[:LABEL_LENGTH].ljust(LABEL_LENGTH)
    return name + _MAKER + _MODEL + _SERIAL + octets + _VERSIONS + _TIME


def token_names(content: bytes) -> tuple[str, ...]:
    """Label, maker, model and serial number, as far as a card says them."""
    names = (content[start:end].decode("ascii", "replace").strip(" \x00\ufffd") for start, end in _NAMES)
    return tuple(filter(None, names))


def token_files(label: str) -> dict[int, bytes]:
    """The files of the JPKI application that say what it is: token information, and two of 16 × FF."""
    return {
        0x0005: b"\xff" * 16,
        0x0006: token_information(label),
        0x0009: b"\xff" * 16,
    }
