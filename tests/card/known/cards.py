"""Cards of any declaration, wrong ones too, with content on them as a holder's card has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from honnin.card.chip.card import Card
from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.issuer.content import common, master_file
from honnin.card.issuer.content.certificates import MASTER_FILE_ROOT, CertificateIssuer
from honnin.card.kinds.declaration import KindDeclaration
from honnin.card.scp03 import derive_card_keys
from honnin.card.token_information import token_files
from honnin.identifiers import CardNumber
from tests.card.issuer.content.issuers import MUNICIPALITY, issuers, new_key, text_content, visual_content
from tests.card.known.number_card import BIRTH, A, B
from tests.support.card.cards import encoded
from tests.support.card.desk import exchange
from tests.support.card.faults import FaultyStore

CARD_NUMBER, EXPIRY = CardNumber("TEST00000000042"), date(2035, 2, 17)
# Not certificates, but as long as they say: 773 bytes, each unlike the others.
CERTIFICATES = {
    file: bytes.fromhex("30820301") + bytes((filler,)) * 769
    for file, filler in {0x0001: 0xA1, 0x0002: 0xA2, 0x000A: 0xA3, 0x000B: 0xA4}.items()
}


@dataclass(frozen=True, kw_only=True)
class DeclaredState(CardState):
    """A card of a kind that need not be among those of the package."""

    declared: KindDeclaration

    @property
    def kind(self) -> KindDeclaration:
        return self.declared


@cache
def private_keys() -> dict[tuple[str, int], RSAPrivateKey]:
    """The keys of the card, by application and file."""
    card = issuers().card
    return {
        ("jpki", 0x0017): new_key(),
        ("jpki", 0x001A): new_key(),
        ("text", 0x0013): card.text_signing,
        ("text", 0x0006): card.text_session,
        ("visual", 0x001A): card.visual_signing,
        ("common", 0x0019): card.common_authentication,
    }


def public_key(application: str, file: int) -> RSAPublicKey:
    return private_keys()[application, file].public_key()


def declared_card(declared: KindDeclaration) -> Card:
    """A card of its own, with nothing selected and all tries left."""
    contents = juki_card(declared) if declared.name == "juki-card" else number_card(declared)
    state = DeclaredState(
        declared=declared,
        kind_name=declared.name,
        card_number=CARD_NUMBER,
        issuer_keys=derive_card_keys(bytes(32), CARD_NUMBER),
        expiry_date=EXPIRY,
        applications=contents,
        data=data_objects(),
    )
    return Card(state, FaultyStore(state))


def number_card(declared: KindDeclaration) -> dict[str, ApplicationContent]:
    record = common.CardRecord(common.fictitious_serial(42), MUNICIPALITY, EXPIRY)
    jpki = {**token_files(declared.token_label), **CERTIFICATES}
    return {
        "jpki": _content("jpki", jpki, {0x18: ("1234", 3), 0x1B: ("ABC123", 5)}),
        "text": _content("text", text_content(), {0x11: ("1234", 3), 0x14: (A, 10), 0x15: (B, 10)}),
        "visual": _content("visual", visual_content(), {0x11: (BIRTH, 10), 0x12: (B, 10), 0x13: (A, 10)}),
        "juki": _content("juki", _joined(common.resident_register_files()), {0x1C: ("1234", 3)}),
        "common": _content("common", _joined(common.common_files(record)), {0x1C: ("1234", 3)}),
    }


def juki_card(declared: KindDeclaration) -> dict[str, ApplicationContent]:
    files = {file: CERTIFICATES[file] for file in (0x0001, 0x0002)}
    files[0x0006] = token_files(declared.token_label)[0x0006]
    jpki = _content("jpki", files, {0x1B: ("aB3x", 5)})
    return {
        "jpki": ApplicationContent(jpki.files, jpki.pins, {0x1A: jpki.keys[0x1A]}),
        "juki": _content("juki", {}, {0x1C: ("1234", 5)}),
    }


def _content(
    name: str, files: Mapping[int, bytes], pins: Mapping[int, tuple[str, int]]
) -> ApplicationContent:
    keys = {file: encoded(key) for (application, file), key in private_keys().items() if application == name}
    return ApplicationContent(files, {file: PinRecord(*pin) for file, pin in pins.items()}, keys)


def _joined(files: Mapping[int, tuple[bytes, ...]]) -> dict[int, bytes]:
    return {file: b"".join(records) for file, records in files.items()}


@cache
def data_objects() -> dict[int, bytes]:
    root = CertificateIssuer(MASTER_FILE_ROOT, new_key())
    subject = issuers().text.private_key.public_key()
    chain = master_file.certificate_chain(root, new_key(), MUNICIPALITY, subject)
    return master_file.data_objects(MUNICIPALITY, bytes.fromhex("3BE000FF8131FE4514"), chain)


def ask(card: Card, command: str) -> bytes:
    """Hexadecimal in, the whole answer out."""
    return bytes.fromhex(exchange(card, command))


def select(card: Card, aid: str) -> bytes:
    return ask(card, f"00A4040C {len(aid) // 2:02X} {aid}")
