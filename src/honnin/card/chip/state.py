"""What a card remembers without power, and how it is written down.

A value that never changes: every durable change makes a new `CardState`. Its JSON begins with the words that
it is a test card, and carries a format version, and a digest so that damage is noticed. The private keys and
PINs stand in it in plain: this text *is* the card, and PINs exist nowhere else. The tries left stand by
themselves, outside the digest: what changes most is then one digit of the text.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from honnin.card.chip.private_keys import checked_key
from honnin.card.chip.written_values import day, identifier, number, octets, truth
from honnin.card.issuer_commands import MARK_LENGTH
from honnin.card.kinds.declaration import (
    NUMBER_CARD,
    ApplicationDeclaration,
    KeySlot,
    KindDeclaration,
    PinDeclaration,
    kind,
)
from honnin.card.scp03 import FIRST_KEY_VERSION, LAST_KEY_VERSION, SEQUENCE_COUNTER_MAX, StaticKeys
from honnin.card.token_information import token_files
from honnin.errors import Malformed
from honnin.identifiers import CardNumber

ABOUT: Final = "TEST CARD of Honnin - not a real card; its keys and PINs protect nothing of value"
FORMAT: Final = 3
FILE_MAX: Final = 32767  # READ BINARY has an offset of 15 bits
LONGEST_CARD: Final = 4 * 1024 * 1024
"""Octets of a card's text: more than all files that its kind declares can hold. No reader takes more."""
JPKI: Final = "jpki"


@dataclass(frozen=True)
class PinRecord:
    """A PIN and its tries. A PIN that was never set has no value and no tries: it is blocked."""

    value: str | None = field(default=None, repr=False)
    tries_left: int = 0
    mark: bytes = b""
    """Of the newest permission with a mark by which it was set, 16 octets: settings without one keep it."""


@dataclass(frozen=True)
class ApplicationContent:
    """What one application holds, by file identifier. Keys are PKCS#8 DER; pending ones are not in force."""

    files: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    pins: Mapping[int, PinRecord] = field(default_factory=dict, repr=False)
    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    pending: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def with_pin(self, file: int, pin: PinRecord) -> "ApplicationContent":
        """This content with another PIN record."""
        return replace(self, pins={**self.pins, file: pin})

    @cached_property
    def text(self) -> str:
        """In the card's JSON, but for the tries. Kept, because most changes are of one application."""
        octets = {
            name: {
                f"{file:04X}": b64encode(content).decode("ascii") for file, content in sorted(held.items())
            }
            for name, held in (("files", self.files), ("keys", self.keys), ("pending", self.pending))
        }
        pins = {f"{file:04X}": pin.value for file, pin in sorted(self.pins.items())}
        marks = {f"{file:04X}": _text(pin.mark) for file, pin in sorted(self.pins.items()) if pin.mark}
        marked = {"marks": marks} if marks else {}  # of other cards nothing is written
        return _canonical({**octets, "pins": pins, **marked})

    @property
    def tries(self) -> dict[str, int]:
        """In the card's JSON: what is left of each PIN's tries."""
        return {f"{file:04X}": pin.tries_left for file, pin in sorted(self.pins.items())}

    @classmethod
    def of_body(cls, body: Mapping[str, Any], tries: Mapping[str, Any]) -> "ApplicationContent":
        """The content in `body`, its PINs as they stand there. Raises ValueError, KeyError or TypeError."""
        files, keys, pending = (
            {identifier(file): _file(content) for file, content in body[name].items()}
            for name in ("files", "keys", "pending")
        )
        for each in (*keys.values(), *pending.values()):
            checked_key(each)
        if tries.keys() != body["pins"].keys():
            raise ValueError("each PIN has its tries, and nothing else has")
        marks = body.get("marks", {})
        if not marks.keys() <= body["pins"].keys():
            raise ValueError("the mark of no PIN")
        pins = {
            identifier(file): PinRecord(value, tries[file], _mark(marks[file]) if file in marks else b"")
            for file, value in body["pins"].items()
        }
        return cls(files, pins, keys, pending)


@dataclass(frozen=True)
class SlotContent:
    """One key slot, as a view. Keys are PKCS#8 DER, certificates X.509 DER; None where there is nothing."""

    pin: PinRecord = PinRecord()
    private_key: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    ca_certificate: bytes | None = field(default=None, repr=False)
    pending_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class CardState:
    """Everything durable on one card. `data` has the objects of GET DATA by tag."""

    card_number: CardNumber
    issuer_keys: StaticKeys
    expiry_date: date
    applications: Mapping[str, ApplicationContent] = field(repr=False)
    kind_name: str = NUMBER_CARD
    data: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    sequence_counter: int = 0
    terminated: bool = False
    damaged: bool = False  # the chip answers reset and can do nothing more

    @property
    def kind(self) -> KindDeclaration:
        """What kind of card it is."""
        return kind(self.kind_name)

    @property
    def slots(self) -> dict[KeySlot, SlotContent]:
        """The key slots of this kind of card."""
        return {slot: self.slot(slot) for slot in self.kind.slots}

    def slot(self, slot: KeySlot) -> SlotContent:
        """One key slot. Raises KeyError where the kind has none of that name."""
        layout, jpki = self.kind.slots[slot], self.applications[JPKI]
        return SlotContent(
            pin=jpki.pins.get(layout.pin_file, PinRecord()),
            private_key=jpki.keys.get(layout.key_file),
            certificate=jpki.files.get(layout.certificate_file),
            ca_certificate=jpki.files.get(layout.ca_certificate_file),
            pending_key=jpki.pending.get(layout.key_file),
        )

    def with_slot(self, slot: KeySlot, content: SlotContent) -> "CardState":
        """This state with another content in one slot."""
        layout, jpki = self.kind.slots[slot], self.applications[JPKI]
        files = _put(jpki.files, layout.certificate_file, content.certificate)
        return self.with_application(
            JPKI,
            ApplicationContent(
                files=_put(files, layout.ca_certificate_file, content.ca_certificate),
                pins={**jpki.pins, layout.pin_file: content.pin},
                keys=_put(jpki.keys, layout.key_file, content.private_key),
                pending=_put(jpki.pending, layout.key_file, content.pending_key),
            ),
        )

    def with_application(self, name: str, content: ApplicationContent) -> "CardState":
        """This state with another content in one application."""
        return replace(self, applications={**self.applications, name: content})

    def with_sequence_counter(self, sequence_counter: int) -> "CardState":
        """This state after one more card challenge was given."""
        return replace(self, sequence_counter=sequence_counter)

    def to_json(self) -> str:
        """The card as text, a line for each name; `from_json` reads it back."""
        values = self._values()
        digest = sha256(_object(values).encode()).hexdigest()
        tries = {name: content.tries for name, content in self.applications.items()}
        unsealed = {"sha256": _canonical(digest), "tries_left": _canonical(tries)}
        return _object({**values, **unsealed}, ",\n ") + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "CardState":
        """The card written by `to_json`, in this format or one before.

        Raises Malformed E_CARD_FILE_DAMAGED when the text was cut or altered, or has tries that no PIN of
        the card can have; E_CARD_FILE_FORMAT when it was written in a format that this version does not know.
        """
        try:
            body = json.loads(text)
            written = body["format"]
            if type(written) is not int:  # true and 1.0 are formats to a dict
                raise Malformed("E_CARD_FILE_DAMAGED")
            if written not in _READERS:
                raise Malformed("E_CARD_FILE_FORMAT", format=written)
            if body["sha256"] != _digest(body):
                raise Malformed("E_CARD_FILE_DAMAGED")
            return _READERS[written](body)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Malformed("E_CARD_FILE_DAMAGED") from error

    def _values(self) -> dict[str, str]:
        """What stands under each name, as canonical JSON."""
        damage = {"damaged": True} if self.damaged else {}  # of other cards nothing is written
        body = {
            "about": ABOUT,
            "format": FORMAT,
            "kind": self.kind_name,
            "card_number": self.card_number,
            "expiry_date": self.expiry_date.isoformat(),
            "terminated": self.terminated,
            "sequence_counter": self.sequence_counter,
            "issuer_keys": _keys_body(self.issuer_keys),
            "data": {f"{tag:04X}": _text(value) for tag, value in sorted(self.data.items())},
            **damage,
        }
        values = {name: _canonical(value) for name, value in body.items()}
        applications = {name: content.text for name, content in self.applications.items()}
        return {**values, "applications": _object(applications)}


_KEY_NAMES: Final = ("enc", "mac", "dek")


def _keys_body(keys: StaticKeys) -> dict[str, Any]:
    return {"version": keys.version, **{name: _text(getattr(keys, name)) for name in _KEY_NAMES}}


def _keys_of(body: Mapping[str, Any]) -> StaticKeys:
    """Cards from before key versions have the first one."""
    enc, mac, dek = (octets(body[name]) for name in _KEY_NAMES)
    version = number(body.get("version", FIRST_KEY_VERSION), least=1, most=LAST_KEY_VERSION)
    return StaticKeys(enc, mac, dek, version)


def _of_format_3(body: Mapping[str, Any]) -> CardState:
    declared, raw, tries = kind(body["kind"]).applications, body["applications"], body["tries_left"]
    if tries.keys() != raw.keys():
        raise ValueError("each application has its tries, and nothing else has")
    applications = {name: ApplicationContent.of_body(raw[name], tries[name]) for name in raw}
    for name, content in applications.items():
        _require_possible(content, declared[name])
    if JPKI not in applications:
        raise ValueError("no card without it")
    return CardState(
        card_number=CardNumber.checked(body["card_number"]),
        issuer_keys=_keys_of(body["issuer_keys"]),
        expiry_date=day(body["expiry_date"]),
        applications=applications,
        kind_name=body["kind"],
        data={identifier(tag): _file(value) for tag, value in body["data"].items()},
        sequence_counter=number(body["sequence_counter"], most=SEQUENCE_COUNTER_MAX),
        terminated=truth(body["terminated"]),
        damaged=truth(body.get("damaged", False)),
    )


def _of_format_2(body: Mapping[str, Any]) -> CardState:
    """Format 2: the tries stand with the PINs, inside the digest."""
    applications, tries = {}, {}
    for name, raw in body["applications"].items():
        pins = raw["pins"]
        if any(pin.keys() != {"value", "tries_left"} for pin in pins.values()):
            raise ValueError("not what a PIN has")
        applications[name] = {**raw, "pins": {file: pin["value"] for file, pin in pins.items()}}
        tries[name] = {file: pin["tries_left"] for file, pin in pins.items()}
    return _of_format_3({**body, "applications": applications, "tries_left": tries})


def _mark(value: object) -> bytes:
    mark = octets(value)
    if len(mark) != MARK_LENGTH:
        raise ValueError("not the length of a mark")
    return mark


def _file(value: object) -> bytes:
    """Raises ValueError for more bytes than can be read."""
    content = octets(value)
    if len(content) > FILE_MAX:
        raise ValueError("no file is that long")
    return content


def _require_possible(content: ApplicationContent, declared: ApplicationDeclaration) -> None:
    """Raises ValueError for what it cannot hold, AttributeError or KeyError for what is no PIN."""
    own = {declared.messaging.key} if declared.messaging else set()
    undeclared = (
        content.keys.keys() - declared.keys.keys() - own | content.pending.keys() - declared.keys.keys()
    )
    if undeclared:
        raise ValueError("a key where the application has none")
    _require_pins(content, declared.pins)


def _require_pins(content: ApplicationContent, pins: Mapping[int, PinDeclaration]) -> None:
    for file, pin in content.pins.items():
        if pin.value is None:
            number(pin.tries_left, most=0)
            continue
        number(pin.tries_left, most=pins[file].tries)
        if not (pin.value.isascii() and pins[file].rule.fullmatch(pin.value)):
            raise ValueError("not a PIN of this form")


def _of_format_1(body: Mapping[str, Any]) -> CardState:
    """Format 1: the JPKI application alone, by key slots."""
    names = ("private_key", "certificate", "ca_certificate", "pending_key")
    state = CardState(
        card_number=CardNumber.checked(body["card_number"]),
        issuer_keys=_keys_of(body["issuer_keys"]),
        expiry_date=day(body["expiry_date"]),
        applications={JPKI: ApplicationContent(files=token_files(body["token_label"]))},
        sequence_counter=number(body["sequence_counter"], most=SEQUENCE_COUNTER_MAX),
    )
    for slot in KeySlot:
        raw = body["slots"][slot.value]
        held = {name: None if raw[name] is None else _file(raw[name]) for name in names}
        for each in (held["private_key"], held["pending_key"]):
            if each is not None:
                checked_key(each)
        state = state.with_slot(slot, SlotContent(PinRecord(raw["pin"], raw["tries_left"]), **held))
    _require_possible(state.applications[JPKI], state.kind.applications[JPKI])
    return state


_READERS: Final = {1: _of_format_1, 2: _of_format_2, 3: _of_format_3}


def _put(held: Mapping[int, bytes], file: int, content: bytes | None) -> dict[int, bytes]:
    others = {each: octets for each, octets in held.items() if each != file}
    return others if content is None else {**others, file: content}


def _digest(body: Mapping[str, Any]) -> str:
    """Over everything but itself and, where they stand by themselves, the tries."""
    sealed = {name: value for name, value in body.items() if name not in ("sha256", "tries_left")}
    return sha256(_canonical(sealed).encode()).hexdigest()


def _canonical(value: object) -> str:
    """JSON in the form over which the digest goes."""
    return json.dumps(value, sort_keys=True)


def _object(values: Mapping[str, str], between: str = ", ") -> str:
    """An object in that form, of values that are in it already."""
    return "{" + between.join(f'"{name}": {value}' for name, value in sorted(values.items())) + "}"


def _text(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
