"""What a client knows of a number card before it asks: applications, files, PINs and data objects.

Names for people and for the command line, and which PIN opens what. The card's own tables decide what a
card has; here stands what to look for (docs/reference/card.md).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Content(StrEnum):
    """How the bytes of a file are to be read."""

    CERTIFICATE = "certificate"  # X.509 DER, then filler
    TEXT = "text"  # ASCII, space padded
    PRESENCE = "presence"  # one byte for each kind of certificate
    NUMBER = "number"  # the individual number: a secret, since it is also the value of a PIN
    ATTRIBUTES = "attributes"  # name, address, birth date and sex as TLV
    TLV = "tlv"
    OPAQUE = "opaque"
    PIN = "pin"  # never readable, as keys
    KEY = "key"


@dataclass(frozen=True)
class KnownFile:
    """An elementary file. `pins` are the PIN files of the same application of which one opens it."""

    number: int
    name: str
    title: str
    content: Content = Content.OPAQUE
    pins: tuple[int, ...] = ()


@dataclass(frozen=True)
class KnownApplication:
    """An application and its files, in the order in which they are shown."""

    name: str
    title: str
    aid: bytes
    files: tuple[KnownFile, ...] = field(repr=False)

    def file(self, number: int) -> KnownFile | None:
        return next((file for file in self.files if file.number == number), None)

    @property
    def readable(self) -> tuple[KnownFile, ...]:
        """The files that can be read at all."""
        return tuple(file for file in self.files if file.content not in (Content.PIN, Content.KEY))

    @property
    def pins(self) -> tuple[KnownFile, ...]:
        return tuple(file for file in self.files if file.content is Content.PIN)


def _pin(number: int, name: str, title: str) -> KnownFile:
    return KnownFile(number, name, title, Content.PIN)


def _key(number: int, name: str, title: str) -> KnownFile:
    return KnownFile(number, name, title, Content.KEY)


JPKI: Final = KnownApplication(
    "jpki",
    "JPKI (公的個人認証AP)",
    bytes.fromhex("D392F000260100000001"),
    (
        KnownFile(0x0006, "token", "token information", Content.TEXT),
        KnownFile(0x0008, "presence", "which certificates are there", Content.PRESENCE),
        KnownFile(
            0x000A, "authentication-certificate", "user-authentication certificate", Content.CERTIFICATE
        ),
        KnownFile(0x000B, "authentication-ca", "its CA certificate", Content.CERTIFICATE),
        KnownFile(0x0001, "signature-certificate", "signature certificate", Content.CERTIFICATE, (0x001B,)),
        KnownFile(0x0002, "signature-ca", "its CA certificate", Content.CERTIFICATE),
        KnownFile(0x0005, "file-0005", "unknown"),
        KnownFile(0x0009, "file-0009", "unknown"),
        _key(0x0017, "authentication-key", "user-authentication key"),
        _key(0x001A, "signature-key", "signature key"),
        _pin(0x0018, "authentication-pin", "user-authentication PIN"),
        _pin(0x001B, "signature-pin", "signature password"),
    ),
)
TEXT: Final = KnownApplication(
    "text",
    "card-face entry (券面事項入力補助AP)",
    bytes.fromhex("D3921000310001010408"),
    (
        KnownFile(0x0001, "number", "individual number", Content.NUMBER, (0x0011, 0x0014)),
        KnownFile(0x0002, "attributes", "name, address, birth, sex", Content.ATTRIBUTES, (0x0011, 0x0015)),
        KnownFile(0x0003, "signature", "signature over both", Content.TLV, (0x0011, 0x0014, 0x0015)),
        KnownFile(0x0004, "certificate", "card-verifiable certificate", Content.TLV),
        KnownFile(0x0005, "information", "about the application", Content.TLV),
        KnownFile(0x0006, "session-key", "session key, public part", Content.TLV, (0x0011, 0x0014, 0x0015)),
        KnownFile(0x0007, "internal-key", "internal key, public part", Content.TLV, (0x0011, 0x0014, 0x0015)),
        KnownFile(0x0008, "file-0008", "unknown"),
        _key(0x0013, "key", "internal key"),
        _pin(0x0011, "text-pin", "card-face entry PIN"),
        _pin(0x0014, "number-a", "照合番号A (individual number)"),
        _pin(0x0015, "number-b", "照合番号B (birth, expiry, security code)"),
    ),
)
VISUAL: Final = KnownApplication(
    "visual",
    "card-face check (券面事項確認AP)",
    bytes.fromhex("D3921000310001010402"),
    (
        KnownFile(0x0001, "age", "birth date, signed", Content.TLV, (0x0011,)),
        KnownFile(0x0002, "face", "the face of the card", Content.TLV, (0x0013, 0x0012)),
        KnownFile(0x0003, "information", "about the application", Content.TLV),
        KnownFile(0x0004, "certificate", "card-verifiable certificate", Content.TLV),
        KnownFile(0x0005, "number-picture", "individual number as a picture", Content.TLV, (0x0013,)),
        KnownFile(0x0006, "file-0006", "unknown", Content.OPAQUE, (0x0013, 0x0012)),
        _key(0x001A, "key", "internal key"),
        _pin(0x0011, "birth", "birth date (生年月日)"),
        _pin(0x0012, "number-b", "照合番号B (birth, expiry, security code)"),
        _pin(0x0013, "number-a", "照合番号A (individual number)"),
    ),
)
JUKI: Final = KnownApplication(
    "juki",
    "resident register (住基AP)",
    bytes.fromhex("D3921000310001010401"),
    (
        KnownFile(0x0002, "key-reference", "key reference"),
        _pin(0x001C, "juki-pin", "resident-register PIN"),
    ),
)
COMMON: Final = KnownApplication(
    "common",
    "common card (共通カードAP)",
    bytes.fromhex("D3921000310001010100"),
    (
        KnownFile(0x0001, "card", "card serial, municipality, expiry", Content.TEXT),
        KnownFile(0x0002, "key-reference", "key reference"),
        _key(0x0019, "key", "internal key"),
        _pin(0x001C, "common-pin", "card PIN"),
    ),
)
APPLICATIONS: Final = (JPKI, TEXT, VISUAL, JUKI, COMMON)

TOKEN_LABEL_LENGTH: Final = 32
JUKI_CARD_LABEL: Final = "JPKIAPICCTOKEN"  # the card before the number card
ISSUER_AID: Final = bytes.fromhex("A000000151000000")
CARD: Final = "card"  # what GET DATA answers while no application is selected
DATA_OBJECTS: Final = (
    KnownFile(0x0045, "number", "card identification number", Content.TEXT),
    KnownFile(0x00F2, "expiry", "last day of the card", Content.TEXT),
    KnownFile(0x0042, "issuer", "issuer identification"),
    KnownFile(0x0066, "recognition", "card recognition data", Content.TLV),
    KnownFile(0x00F0, "municipality", "municipality code", Content.TEXT),
    KnownFile(0x00F7, "root-key", "key identifier of the root"),
    KnownFile(0x00F8, "root-certificate", "card-verifiable certificate of the root"),
    KnownFile(0x7F21, "certificate", "card-verifiable certificate", Content.TLV),
    KnownFile(0x5F51, "atr", "contact ATR without its first byte"),
)


def application_of(aid: bytes) -> KnownApplication | None:
    """The application whose identifier begins with (or is) `aid`."""
    return next((each for each in APPLICATIONS if aid and each.aid.startswith(aid)), None)
