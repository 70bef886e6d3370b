"""Cards as they are handed out, for measuring: text, pictures and codes, signed. Their keys are given."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.agency.card_personalisation.fonts import japanese_font
from honnin.agency.card_personalisation.personalisation import Equipment, open_card_keys, personalise
from honnin.card.chip.state import CardState, PinRecord, SlotContent
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.custody.key_files import KeyFiles
from honnin.identifiers import CardNumber
from honnin.law.terms import BasicFour
from honnin.pin import Pin
from honnin.simulator.population import SPECIMEN

PINS = {KeySlot.SIGNATURE: Pin("ABC123"), KeySlot.AUTHENTICATION: Pin("1234")}
TRIES = {KeySlot.SIGNATURE: 5, KeySlot.AUTHENTICATION: 3}
CERTIFICATE_LENGTH = 1700  # about what a holder's has


class Workshop:
    """Makes cards; the keys that sign them stand in `folder` and are made there when they are missing."""

    def __init__(self, folder: Path) -> None:
        keys = KeyFiles(folder, "bench")
        open_card_keys(keys)
        self.equipment = Equipment(keys, japanese_font())

    def personalised(self, number: int) -> CardState:
        """What creating a card is: a blank one, and everything on it that says whose it is."""
        card_number = CardNumber(f"TEST{number:011d}")
        blank = blank_card(card_number, derive_card_keys(bytes(32), card_number), date(2035, 1, 1))
        bearer = BasicFour(SPECIMEN.name, SPECIMEN.birth_date, SPECIMEN.sex, SPECIMEN.address)
        return personalise(
            blank, bearer, SPECIMEN.municipality_code, security_code="2285", equipment=self.equipment
        )

    def complete(self, number: int, key: bytes) -> CardState:
        """A card with both slots filled: random bytes as certificates, and a copy of one key (PKCS#8 DER)."""
        state = self.personalised(number)
        for slot, pin in PINS.items():
            own_key, certificates = bytes(bytearray(key)), [os.urandom(CERTIFICATE_LENGTH) for _ in range(2)]
            state = state.with_slot(slot, SlotContent(PinRecord(pin, TRIES[slot]), own_key, *certificates))
        return state


def with_key(state: CardState, key: rsa.RSAPrivateKey) -> CardState:
    """The card with the key in both slots, and certificates that programs can read, as long as a holder's."""
    certificate = _certificate(key)
    for slot, pin in PINS.items():
        content = SlotContent(PinRecord(pin, TRIES[slot]), encoded(key), certificate, certificate)
        state = state.with_slot(slot, content)
    return state


def encoded(key: rsa.RSAPrivateKey) -> bytes:
    """A key as cards keep it."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "JPKI-TEST bench")])
    now = datetime.now(UTC)
    bare = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    missing = CERTIFICATE_LENGTH - len(bare.sign(key, SHA256()).public_bytes(Encoding.DER))
    padding = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999"), bytes(missing))
    return bare.add_extension(padding, critical=False).sign(key, SHA256()).public_bytes(Encoding.DER)
