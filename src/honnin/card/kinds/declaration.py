"""What a kind of card consists of: applications, files, PINs and keys, as its data file declares them.

A kind is data (`honnin/card/kinds/*.toml`), so that another card is another file and no other code. Nothing
of one person stands in it; that is the card's state.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from honnin.errors import CardError
from honnin.pin import Pin
from honnin.widths import half_width

NUMBER_CARD: Final = "number-card"
CHANGE_REFERENCE_DATA: Final = 0x24
_FOLDER: Final = files("honnin.card.kinds")


class KeySlot(StrEnum):
    """A place for one key pair, its certificates and the PIN that guards it."""

    SIGNATURE = "signature"
    AUTHENTICATION = "authentication"


class Content(StrEnum):
    """How the bytes of a file are to be read."""

    CERTIFICATE = "certificate"  # X.509 DER, then filler
    TEXT = "text"  # ASCII, space padded
    INFORMATION = "information"  # CK_TOKEN_INFO, the label first
    PRESENCE = "presence"  # one byte for each kind of certificate
    NUMBER = "number"  # the individual number
    ATTRIBUTES = "attributes"  # name, address, birth date and sex as TLV
    TLV = "tlv"
    OPAQUE = "opaque"
    PIN = "pin"  # never readable, as keys
    KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a declared thing comes from: keys of public projects (docs/reference/card.md has them).

    `choice`: what of it nobody published, so that it is ours. One of the two is always there.
    """

    source: str = ""
    choice: str = ""


@dataclass(frozen=True)
class FileDeclaration(Origin):
    """A file that holds bytes. `read`: PINs of which one must be verified; empty lets everybody read.

    `name`, `label` and `content` are for who reads (`known_files`); what has no name is not looked for.
    `secret`: what it says opens other files, or what that is can be found out from it.

    `fill`: its content is followed by FF up to a multiple of that many bytes. `records`: it is read by
    record, not by offset. `presence`: its content says of these files, byte by byte, whether they are there.
    """

    title: str
    read: tuple[int, ...]
    fill: int = 1
    records: bool = False
    presence: tuple[int, ...] = ()
    name: str = ""
    label: str = ""
    content: Content = Content.OPAQUE
    secret: bool = False


@dataclass(frozen=True)
class PinDeclaration(Origin):
    """A PIN: its form, its tries, and whether its holder may change it (`fixed`: no, it is printed data).

    `folded`: it has capital letters only, and clients make them of small ones; the card does not.
    """

    title: str
    rule: re.Pattern[str]
    length: str  # these two for the sentence of an error
    characters: str
    tries: int
    fixed: bool = False
    folded: bool = False
    name: str = ""
    label: str = ""

    def encoded(self, pin: Pin) -> bytes:
        """A PIN as it goes to the card, typed in full-width forms or not.

        Raises CardError E_PIN_FORMAT, so that a slip costs no try.
        """
        typed = half_width(pin)
        folded = typed.upper() if self.folded and typed.isascii() else typed
        if not self.rule.fullmatch(folded):
            raise CardError("E_PIN_FORMAT", length=self.length, characters=self.characters)
        return folded.encode("ascii")


@dataclass(frozen=True)
class KeyDeclaration(Origin):
    """An RSA key. `pins`: as `read` of a file. `authenticates`: it answers INTERNAL AUTHENTICATE."""

    title: str
    pins: tuple[int, ...]
    authenticates: bool = False
    name: str = ""
    label: str = ""


@dataclass(frozen=True)
class FixedAnswer(Origin):
    """A command that is refused with one status word, but for the parameters (P1 P2) in `words`."""

    word: int
    words: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MessagingDeclaration(Origin):
    """Secure messaging. `key`: the file that holds its public key, and whose private half the card holds.

    `pins`: of which one must be verified before a session key may come.
    """

    key: int
    pins: tuple[int, ...]


@dataclass(frozen=True)
class BareDeclaration(Origin):
    """An identifier that exists, and answers nothing but SELECT."""

    title: str = "exists"


@dataclass(frozen=True)
class ApplicationDeclaration:
    """One application. Numbers are file identifiers; `bare` ones exist and do nothing.

    `change` is class and instruction of the command that changes a PIN, `answers` has those of others.
    `number` names the application in issuer commands. `origins` says where `aid`, `change` and `default_key`
    are known from.
    """

    name: str
    number: int
    aid: bytes
    title: str
    files: Mapping[int, FileDeclaration]
    pins: Mapping[int, PinDeclaration]
    keys: Mapping[int, KeyDeclaration]
    bare: Mapping[int, BareDeclaration] = field(default_factory=dict)
    change: tuple[int, int] = (0x00, CHANGE_REFERENCE_DATA)
    default_key: int | None = None
    label: str = ""
    answers: Mapping[tuple[int, int], FixedAnswer] = field(default_factory=dict)
    messaging: MessagingDeclaration | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def change_header(self) -> tuple[int, int, int]:
        """CLA, INS and P1 with which a PIN is changed; with P1 01 the new one comes alone (ISO 7816-4)."""
        cla, ins = self.change
        return cla, ins, 0x01 if ins == CHANGE_REFERENCE_DATA else 0x00

    def has(self, file: int) -> bool:
        """Whether there is anything under an identifier."""
        return file in self.files or file in self.pins or file in self.keys or file in self.bare


@dataclass(frozen=True)
class SlotLayout:
    """Where a slot lives in the JPKI application, and the rule of its PIN."""

    number: int  # names the slot in issuer commands
    certificate_file: int
    ca_certificate_file: int
    key_file: int
    pin_file: int
    pin: PinDeclaration


@dataclass(frozen=True)
class KindDeclaration:
    """One kind of card. `origins` says where `atr` and `token_label` are known from."""

    name: str
    title: str
    atr: bytes
    token_label: str
    applications: Mapping[str, ApplicationDeclaration]
    slots: Mapping[KeySlot, SlotLayout]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    other_labels: tuple[str, ...] = ()  # of what is no card, and laid out as this one

    @property
    def token_labels(self) -> tuple[str, ...]:
        return (self.token_label, *self.other_labels)

    def application(self, number: int) -> ApplicationDeclaration | None:
        """The application with that number in issuer commands."""
        return next((each for each in self.applications.values() if each.number == number), None)


def kinds() -> tuple[str, ...]:
    """The names of all kinds there are."""
    names = (path.name for path in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def kind(name: str) -> KindDeclaration:
    """A kind by its name. Raises KeyError when there is no such kind."""
    return declared_kind(name, raw_declaration(name))


def raw_declaration(name: str) -> dict[str, Any]:
    """The data file of a kind, as it stands there. Raises KeyError when there is no such kind."""
    if name not in kinds():
        raise KeyError(name)
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def kind_labelled(token_label: str) -> KindDeclaration | None:
    """The kind whose JPKI application has that label; None for an unknown label."""
    return next((each for each in map(kind, kinds()) if token_label in each.token_labels), None)


def declared_kind(name: str, raw: Mapping[str, Any]) -> KindDeclaration:
    """The kind that a data file declares. Raises KeyError, TypeError or ValueError for a malformed one."""
    applications = {each: _application(each, content) for each, content in raw["application"].items()}
    pins = applications["jpki"].pins
    return KindDeclaration(
        name=name,
        title=raw["title"],
        atr=bytes.fromhex(raw["atr"]["value"]),
        token_label=raw["token_label"]["value"],
        other_labels=tuple(raw.get("other_labels", ())),
        applications=applications,
        slots={KeySlot(each): _slot(content, pins) for each, content in raw["slot"].items()},
        origins=_origins(raw, "atr", "token_label"),
    )


def _application(name: str, raw: Mapping[str, Any]) -> ApplicationDeclaration:
    default_key = raw.get("default_key")
    return ApplicationDeclaration(
        name=name,
        number=raw["number"],
        aid=bytes.fromhex(raw["aid"]["value"]),
        title=raw["title"],
        files={_number(each): _file(content) for each, content in raw.get("file", {}).items()},
        pins={_number(each): _pin(content) for each, content in raw.get("pin", {}).items()},
        keys={_number(each): _key(content) for each, content in raw.get("key", {}).items()},
        bare={_number(each): BareDeclaration(**content) for each, content in raw.get("bare", {}).items()},
        change=_command(raw["change"]["value"]) if "change" in raw else (0x00, CHANGE_REFERENCE_DATA),
        default_key=None if default_key is None else _number(default_key["value"]),
        label=raw.get("label", raw["title"]),
        answers={_command(each): _answer(content) for each, content in raw.get("answer", {}).items()},
        messaging=_messaging(raw),
        origins=_origins(raw, "aid", "change", "default_key"),
    )


def _origins(raw: Mapping[str, Any], *names: str) -> dict[str, Origin]:
    """Of entries that are a value and where it is known from."""
    return {
        name: Origin(source=raw[name].get("source", ""), choice=raw[name].get("choice", ""))
        for name in names
        if name in raw
    }


def _slot(raw: Mapping[str, Any], pins: Mapping[int, PinDeclaration]) -> SlotLayout:
    certificate, ca_certificate, key, pin = _numbers(
        [raw[each] for each in ("certificate", "ca_certificate", "key", "pin")]
    )
    return SlotLayout(raw["number"], certificate, ca_certificate, key, pin, pins[pin])


def _file(raw: Mapping[str, Any]) -> FileDeclaration:
    numbers = {each: _numbers(raw[each]) for each in ("read", "presence") if each in raw}
    content = Content(raw.get("content", Content.OPAQUE))
    return FileDeclaration(**{**_labelled(raw), **numbers, "content": content})


def _pin(raw: Mapping[str, Any]) -> PinDeclaration:
    return PinDeclaration(**{**_labelled(raw), "rule": re.compile(raw["rule"])})


def _key(raw: Mapping[str, Any]) -> KeyDeclaration:
    return KeyDeclaration(**{**_labelled(raw), "pins": _numbers(raw["pins"])})


def _labelled(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": raw["title"], **raw}


def _answer(raw: Mapping[str, Any]) -> FixedAnswer:
    words = {_number(each): _number(word) for each, word in raw.get("words", {}).items()}
    return FixedAnswer(**{**raw, "word": _number(raw["word"]), "words": words})


def _messaging(raw: Mapping[str, Any]) -> MessagingDeclaration | None:
    if "messaging" not in raw:
        return None
    messaging = raw["messaging"]
    if messaging["key"] not in raw["file"]:
        raise ValueError("no file holds the public key of secure messaging")
    if not set(messaging["pins"]) <= set(raw["pin"]):
        raise ValueError("a PIN that the application does not have")
    numbers = {"key": _number(messaging["key"]), "pins": _numbers(messaging["pins"])}
    return MessagingDeclaration(**{**messaging, **numbers})


def _command(text: str) -> tuple[int, int]:
    cla, ins = bytes.fromhex(text)
    return cla, ins


def _numbers(texts: list[str]) -> tuple[int, ...]:
    return tuple(map(_number, texts))


def _number(text: str) -> int:
    return int(text, 16)
