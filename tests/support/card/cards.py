"""Cards with everything on them: whatever a kind declares has content, a value or a key.

The content of each file is unlike that of any other, so that an answer shows where it comes from.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.card.chip.state import JPKI, ApplicationContent, CardState, PinRecord, SlotContent
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import ApplicationDeclaration, PinDeclaration, kind
from honnin.card.scp03 import StaticKeys
from honnin.identifiers import CardNumber
from tests.support.card.certificates import Authority

CARD_NUMBER = CardNumber("TEST00000000001")
EXPIRY = date(2035, 3, 31)
# By the length that a PIN declares; a right value, and another of the right form.
VALUES = {
    "4": "4321",
    "6": "550217",
    "12": "999999990018",
    "14": "55021720352285",
    "6-16": "S1GNATURE0042",
    "4-16": "passWORD0042",
}
OTHER_VALUES = {length: value[:-1] + "7" for length, value in VALUES.items()}
WRONG_VALUE = "0"
RECORDS = bytes.fromhex("011C") + b"9" * 28 + bytes.fromhex("0203") + b"two"
DATA = {0x0042: b"99000", 0x7F21: bytes(range(200))}


def content_of(declared: ApplicationDeclaration, key: bytes) -> ApplicationContent:
    """Something in every file, every PIN set, every key there."""
    return ApplicationContent(
        files={
            file: RECORDS if said.records else unlike_others(declared.name, file)
            for file, said in declared.files.items()
        },
        pins={file: full_pin(pin) for file, pin in declared.pins.items()},
        keys=dict.fromkeys((*declared.keys, *((said.key,) if (said := declared.messaging) else ())), key),
    )


def unlike_others(application: str, file: int) -> bytes:
    """300 bytes, those of this file alone."""
    return (sha256(f"{application} {file:04X}".encode()).digest() * 10)[:300]


def full_pin(pin: PinDeclaration) -> PinRecord:
    """A PIN that is set, with all its tries; never set where the kind has it blocked."""
    return PinRecord(VALUES[pin.length], pin.tries) if pin.tries else PinRecord()


def full_card(
    kind_name: str, static_keys: StaticKeys, keys: Callable[[], RSAPrivateKey], authority: Authority
) -> CardState:
    """A card of a kind as its holder has it, with nothing missing."""
    declared = kind(kind_name)
    internal = encoded(keys())
    contents = {
        name: content_of(each, internal) for name, each in declared.applications.items() if name != JPKI
    }
    state = blank_card(CARD_NUMBER, static_keys, EXPIRY, kind_name=kind_name, contents=contents, data=DATA)
    for slot, layout in declared.slots.items():
        key = keys()
        certificate = authority.issue(key.public_key(), f"TEST {slot.value}")
        content = SlotContent(full_pin(layout.pin), encoded(key), certificate, authority.certificate)
        state = state.with_slot(slot, content)
    return state


def with_tries(state: CardState, tries: int) -> CardState:
    """The same card with so many tries left of each PIN that has any."""
    for name, content in state.applications.items():
        pins = {
            file: replace(pin, tries_left=min(tries, pin.tries_left)) for file, pin in content.pins.items()
        }
        state = state.with_application(name, replace(content, pins=pins))
    return state


def encoded(key: RSAPrivateKey) -> bytes:
    """A key as a card keeps it."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
