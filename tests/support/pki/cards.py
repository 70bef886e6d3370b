"""Cards in the hands of the invented Hanako, with the certificates of the specimen authorities."""

from dataclasses import replace
from datetime import date

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.card.chip.card import Card
from honnin.card.chip.state import PinRecord, SlotContent
from honnin.card.client.session import CardSession
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.in_process import InProcess
from honnin.identifiers import CardNumber
from honnin.law.terms import Purpose
from tests.support.pki import specimen

SIGNATURE_PIN = "ABC123"
AUTHENTICATION_PIN = "1234"


def card(
    *,
    signature: x509.Certificate | None = None,
    authentication: x509.Certificate | None = None,
    signature_key: str = "holder signature",
) -> tuple[Card, InProcess]:
    """A personalised card in a reader; other certificates or another key where given."""
    number = CardNumber("TEST00000000009")
    state = blank_card(number, derive_card_keys(bytes(range(32)), number), date(2035, 3, 31))
    state = state.with_slot(
        KeySlot.SIGNATURE,
        content(
            signature_key,
            signature or specimen.signature_certificate(),
            Purpose.SIGNATURE,
            PinRecord(SIGNATURE_PIN, 5),
        ),
    )
    state = state.with_slot(
        KeySlot.AUTHENTICATION,
        content(
            "holder authentication",
            authentication or specimen.user_authentication_certificate(),
            Purpose.USER_AUTHENTICATION,
            PinRecord(AUTHENTICATION_PIN, 3),
        ),
    )
    inserted = Card(state, lambda new_state: None)
    return inserted, InProcess(inserted)


def session() -> CardSession:
    return CardSession(card()[1])


def content(key_name: str, certificate: x509.Certificate, purpose: Purpose, pin: PinRecord) -> SlotContent:
    private_key = specimen.key(key_name).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return replace(
        SlotContent(),
        pin=pin,
        private_key=private_key,
        certificate=specimen.encoded(certificate),
        ca_certificate=specimen.encoded(specimen.authority(purpose).certificate),
    )
