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
class Known:
    """Where a declared thing is known from: keys of public projects (docs/reference/card.md has them).

    `choice`: what of it nobody published, so that it is ours. One of the two is always there.
    """

    source: str = ""
    choice: str = ""


@dataclass(frozen=True)
class FileDeclaration(Known):
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
class PinDeclaration(Known):
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

    def encoded(self, pin: str) -> bytes:
        """A PIN as it goes to the card, typed in full-width forms or not.

        Raises CardError E_PIN_FORMAT, so that a slip costs no try.
        """
        typed = half_width(pin)
        folded = typed.upper() if self.folded and typed.isascii() else typed
        if not self.rule.fullmatch(folded):
            raise CardError("E_PIN_FORMAT", length=self.length, characters=self.characters)
        return folded.encode("ascii")


@dataclass(frozen=True)
class KeyDeclaration(Known):
    """An RSA key. `pins`: as `read` of a file. `authenticates`: it answers INTERNAL AUTHENTICATE."""

    title: str
    pins: tuple[int, ...]
    authenticates: bool = False
    name: str = ""
    label: str = ""


@dataclass(frozen=True)
class FixedAnswer(Known):
    """A command that is refused with one status word, but for the parameters (P1 P2) in `words`."""

    word: int
    words: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MessagingDeclaration(Known):
    """Secure messaging. `key`: the file that tells its public key, and whose private half the card holds.

    `pins`: of which one must be verified before a session key may come.
    """

    key: int
    pins: tuple[int, ...]


@dataclass(frozen=True)
class BareDeclaration(Known):
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
    origins: Mapping[str, Known] = field(default_factory=dict)

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
    origins: Mapping[str, Known] = field(default_factory=dict)
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
    """A kind by its name. Raises KeyError when there is none."""
    return declared_kind(name, written(name))


def written(name: str) -> dict[str, Any]:
    """What the data file of a kind says. Raises KeyError when there is none."""
    if name not in kinds():
        raise KeyError(name)
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def kind_labelled(token_label: str) -> KindDeclaration | None:
    """The kind whose JPKI application says that label; None for a label that no kind has."""
    return next((each for each in map(kind, kinds()) if token_label in each.token_labels), None)


def declared_kind(name: str, said: Mapping[str, Any]) -> KindDeclaration:
    """The kind that a data file declares. Raises KeyError, TypeError or ValueError for what is none."""
    applications = {each: _application(each, content) for each, content in said["application"].items()}
    pins = applications["jpki"].pins
    return KindDeclaration(
        name=name,
        title=said["title"],
        atr=bytes.fromhex(said["atr"]["value"]),
        token_label=said["token_label"]["value"],
        other_labels=tuple(said.get("other_labels", ())),
        applications=applications,
        slots={KeySlot(each): _slot(content, pins) for each, content in said["slot"].items()},
        origins=_origins(said, "atr", "token_label"),
    )


def _application(name: str, said: Mapping[str, Any]) -> ApplicationDeclaration:
    default_key = said.get("default_key")
    return ApplicationDeclaration(
        name=name,
        number=said["number"],
        aid=bytes.fromhex(said["aid"]["value"]),
        title=said["title"],
        files={_number(each): _file(content) for each, content in said.get("file", {}).items()},
        pins={_number(each): _pin(content) for each, content in said.get("pin", {}).items()},
        keys={_number(each): _key(content) for each, content in said.get("key", {}).items()},
        bare={_number(each): BareDeclaration(**content) for each, content in said.get("bare", {}).items()},
        change=_command(said["change"]["value"]) if "change" in said else (0x00, CHANGE_REFERENCE_DATA),
        default_key=None if default_key is None else _number(default_key["value"]),
        label=said.get("label", said["title"]),
        answers={_command(each): _answer(content) for each, content in said.get("answer", {}).items()},
        messaging=_messaging(said),
        origins=_origins(said, "aid", "change", "default_key"),
    )


def _origins(said: Mapping[str, Any], *names: str) -> dict[str, Known]:
    """Of entries that are a value and where it is known from."""
    return {
        name: Known(source=said[name].get("source", ""), choice=said[name].get("choice", ""))
        for name in names
        if name in said
    }


def _slot(said: Mapping[str, Any], pins: Mapping[int, PinDeclaration]) -> SlotLayout:
    certificate, ca_certificate, key, pin = _numbers(
        [said[each] for each in ("certificate", "ca_certificate", "key", "pin")]
    )
    return SlotLayout(said["number"], certificate, ca_certificate, key, pin, pins[pin])


def _file(said: Mapping[str, Any]) -> FileDeclaration:
    numbers = {each: _numbers(said[each]) for each in ("read", "presence") if each in said}
    content = Content(said.get("content", Content.OPAQUE))
    return FileDeclaration(**{**_labelled(said), **numbers, "content": content})


def _pin(said: Mapping[str, Any]) -> PinDeclaration:
    return PinDeclaration(**{**_labelled(said), "rule": re.compile(said["rule"])})


def _key(said: Mapping[str, Any]) -> KeyDeclaration:
    return KeyDeclaration(**{**_labelled(said), "pins": _numbers(said["pins"])})


def _labelled(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": said["title"], **said}


def _answer(said: Mapping[str, Any]) -> FixedAnswer:
    words = {_number(each): _number(word) for each, word in said.get("words", {}).items()}
    return FixedAnswer(**{**said, "word": _number(said["word"]), "words": words})


def _messaging(said: Mapping[str, Any]) -> MessagingDeclaration | None:
    if "messaging" not in said:
        return None
    messaging = said["messaging"]
    if messaging["key"] not in said["file"]:
        raise ValueError("nobody could encrypt for a key that no file tells")
    if not set(messaging["pins"]) <= set(said["pin"]):
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
