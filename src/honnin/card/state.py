"""What a card remembers without power, and how it is written down.

A value that never changes: every durable change makes a new `CardState`. Its JSON says first that it is a
test card, carries a format version, and ends with a digest so that damage is noticed. The private keys
and PINs stand in it in plain: this text *is* the card, and PINs exist nowhere else.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final

from honnin.card.scp03 import FIRST_KEY_VERSION, StaticKeys
from honnin.card.slot import LAYOUT, KeySlot
from honnin.errors import Malformed

ABOUT: Final = "TEST CARD of Honnin - not a real card; its keys and PINs protect nothing of value"
FORMAT: Final = 1


@dataclass(frozen=True)
class PinRecord:
    """A PIN and its tries. A PIN that was never set has no value and no tries: it is blocked."""

    value: str | None = field(default=None, repr=False)
    tries_left: int = 0


@dataclass(frozen=True)
class SlotContent:
    """One key slot. Keys are PKCS#8 DER, certificates X.509 DER; None where nothing was written."""

    pin: PinRecord = PinRecord()
    private_key: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    ca_certificate: bytes | None = field(default=None, repr=False)
    pending_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class CardState:
    """Everything durable on one card."""

    card_number: str
    issuer_keys: StaticKeys
    expiry_date: date
    token_label: str
    slots: Mapping[KeySlot, SlotContent] = field(repr=False)
    sequence_counter: int = 0

    def with_slot(self, slot: KeySlot, content: SlotContent) -> "CardState":
        """This state with another content in one slot."""
        return replace(self, slots={**self.slots, slot: content})

    def with_sequence_counter(self, sequence_counter: int) -> "CardState":
        """This state after one more card challenge was given."""
        return replace(self, sequence_counter=sequence_counter)

    def to_json(self) -> str:
        """The card as text; `from_json` reads it back."""
        body = self._body()
        return json.dumps({**body, "sha256": _digest(body)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "CardState":
        """The card written by `to_json`.

        Raises Malformed E_CARD_FILE_DAMAGED when the text was cut or altered, E_CARD_FILE_FORMAT when it was
        written in a format that this version does not know.
        """
        try:
            body = json.loads(text)
            written = body["format"]
            if isinstance(written, int) and written != FORMAT:
                raise Malformed("E_CARD_FILE_FORMAT", format=written)
            if body.pop("sha256") != _digest(body):
                raise Malformed("E_CARD_FILE_DAMAGED")
            return cls._of_body(body)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Malformed("E_CARD_FILE_DAMAGED") from error

    def _body(self) -> dict[str, Any]:
        keys = self.issuer_keys
        return {
            "about": ABOUT,
            "format": FORMAT,
            "card_number": self.card_number,
            "expiry_date": self.expiry_date.isoformat(),
            "token_label": self.token_label,
            "sequence_counter": self.sequence_counter,
            "issuer_keys": {
                "version": keys.version,
                "enc": _text(keys.enc),
                "mac": _text(keys.mac),
                "dek": _text(keys.dek),
            },
            "slots": {slot.value: _slot_body(self.slots[slot]) for slot in KeySlot},
        }

    @classmethod
    def _of_body(cls, body: Mapping[str, Any]) -> "CardState":
        enc, mac, dek = (_octets(body["issuer_keys"][name]) for name in ("enc", "mac", "dek"))
        version = int(body["issuer_keys"].get("version", FIRST_KEY_VERSION))
        return cls(
            card_number=str(body["card_number"]),
            issuer_keys=StaticKeys(enc or b"", mac or b"", dek or b"", version),
            expiry_date=date.fromisoformat(body["expiry_date"]),
            token_label=str(body["token_label"]),
            sequence_counter=int(body["sequence_counter"]),
            slots={slot: _slot_of_body(slot, body["slots"][slot.value]) for slot in KeySlot},
        )


_OCTET_FIELDS: Final = ("private_key", "certificate", "ca_certificate", "pending_key")


def _slot_body(content: SlotContent) -> dict[str, Any]:
    octets = {name: _text(getattr(content, name)) for name in _OCTET_FIELDS}
    return {"pin": content.pin.value, "tries_left": content.pin.tries_left, **octets}


def _slot_of_body(slot: KeySlot, body: Mapping[str, Any]) -> SlotContent:
    tries_left = int(body["tries_left"])
    if not 0 <= tries_left <= LAYOUT[slot].max_tries:
        raise ValueError("tries out of range")
    octets = {name: _octets(body[name]) for name in _OCTET_FIELDS}
    return SlotContent(pin=PinRecord(body["pin"], tries_left), **octets)


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else b64encode(octets).decode("ascii")


def _octets(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)
