"""What a client knows of cards before it asks: applications, files, PINs and data objects.

Names for people and for the command line, and which PIN opens what, as the kinds of card declare it
(`honnin/card/kinds`). A card in a reader may be of any make: it has what it has, and here stands what to look
for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from honnin.card.kinds.declaration import NUMBER_CARD, ApplicationDeclaration, Content, kind, kinds

__all__ = [
    "APPLICATIONS",
    "BY_NAME",
    "DATA_OBJECTS",
    "Content",
    "KnownApplication",
    "KnownFile",
    "application_of",
]


@dataclass(frozen=True)
class KnownFile:
    """An elementary file. `pins` are the PIN files of the same application of which one opens it."""

    number: int
    name: str
    title: str
    content: Content = Content.OPAQUE
    pins: tuple[int, ...] = ()
    fixed: bool = False  # a PIN that its holder cannot change
    secret: bool = False  # it says what opens other files


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


def _known_files(application: ApplicationDeclaration) -> Iterator[KnownFile]:
    """What has a name, in the order of the declaration: files, keys, PINs."""
    for number, file in application.files.items():
        if file.name:
            yield KnownFile(number, file.name, file.label, file.content, pins=file.read, secret=file.secret)
    for number, key in application.keys.items():
        if key.name:
            yield KnownFile(number, key.name, key.label, Content.KEY)
    for number, pin in application.pins.items():
        if pin.name:
            yield KnownFile(number, pin.name, pin.label, Content.PIN, fixed=pin.fixed)


def _known_applications() -> Iterator[KnownApplication]:
    """Those of the number card, then those that only another kind of card has."""
    seen: set[bytes] = set()
    for name in (NUMBER_CARD, *kinds()):
        for each in kind(name).applications.values():
            if each.aid not in seen:
                seen.add(each.aid)
                yield KnownApplication(each.name, each.label, each.aid, tuple(_known_files(each)))


APPLICATIONS: Final = tuple(_known_applications())
BY_NAME: Final = {each.name: each for each in APPLICATIONS}
CARD_NUMBER_TAG: Final = 0x0045
EXPIRY_TAG: Final = 0x00F2
CARD: Final = "card"  # what GET DATA answers while no application is selected
DATA_OBJECTS: Final = (
    KnownFile(CARD_NUMBER_TAG, "number", "card identification number", Content.TEXT),
    KnownFile(EXPIRY_TAG, "expiry", "last day of the card", Content.TEXT),
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
