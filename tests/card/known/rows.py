"""The form of what is known of an application, and patterns of bytes."""

import re
from dataclasses import dataclass, field
from itertools import chain

OURS = "OURS"


@dataclass(frozen=True)
class File:
    """`pins`: those of which each alone lets it be read, in hexadecimal; none where everybody may read.

    `content` is a pattern of the whole file; `records` one of each record, where it is read by record.
    """

    source: str
    number: int
    content: str
    pins: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pin:
    """`value` opens it. `accepted` and `refused` are new values; none is accepted where it never changes."""

    source: str
    number: int
    form: str
    value: str
    tries: int
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """`pin` lets it sign; 0 where it signs at once. `default`: also meant by P2 00."""

    source: str
    number: int
    pin: int = 0
    default: bool = False
    authenticates: bool = False


@dataclass(frozen=True)
class Messaging:
    """Secure messaging: the file that tells the key for session keys, and the PIN that lets one come."""

    source: str
    key: int
    pin: int


@dataclass(frozen=True)
class Answer:
    """A command and its word, after the PIN `after` was verified (0: none)."""

    source: str
    command: str
    word: str
    after: int = 0


@dataclass(frozen=True)
class Application:
    """`number` is the issuer's name for it. `change`: how a PIN is changed; `commands`: CLA INS of all."""

    source: str
    aid: str
    number: int
    change: str
    commands: str
    files: tuple[File, ...] = ()
    pins: tuple[Pin, ...] = ()
    keys: tuple[Key, ...] = ()
    bare: dict[int, str] = field(default_factory=dict)  # file: source
    answers: tuple[Answer, ...] = ()
    messaging: Messaging | None = None

    @property
    def there(self) -> set[int]:
        """Every identifier that can be selected."""
        return {each.number for each in chain[File | Pin | Key](self.files, self.pins, self.keys)} | set(
            self.bare
        )


@dataclass(frozen=True)
class Kind:
    """`slots`: the issuer's number of each, its certificate, CA certificate, key and PIN."""

    source: str
    atr: str
    label: str
    slots: dict[str, tuple[int, int, int, int, int]]
    applications: dict[str, Application]
    phones: tuple[str, ...] = ()  # labels of tokens that are laid out as this kind and are no cards
    folded: str = ""  # PINs that clients make capitals of, application and file


def pattern(text: str) -> re.Pattern[bytes]:
    """Hexadecimal; `?4` any four bytes, `*` any at all, `FF*16` sixteen times FF."""
    parts = []
    for word in text.split():
        octets, star, times = word.partition("*")
        if word == "*":
            parts.append(b".*")
        elif word[0] == "?":
            parts.append(b".{%d}" % int(word[1:]))
        else:
            parts.append(re.escape(bytes.fromhex(octets) * (int(times) if star else 1)))
    return re.compile(b"".join(parts), re.DOTALL)


def matches(text: str, octets: bytes) -> bool:
    """Whether the pattern is that of exactly these bytes."""
    return pattern(text).fullmatch(octets) is not None


def ascii_hex(value: str) -> str:
    """A value as it stands in a command, its length before it."""
    return f"{len(value):02X} {value.encode('ascii').hex()}"
