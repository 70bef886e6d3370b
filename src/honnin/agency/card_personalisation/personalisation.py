"""What is written onto a card before it is handed out: who its holder is, in text and pictures, signed.

The applications beside JPKI get their content here. Our choices: the card's internal keys are one set for the
whole installation, for nobody tells cards apart by them; the PINs that a holder chooses at delivery are
`INITIAL_PIN` until they are changed. The individual number is made from the card's number and kept nowhere
but on the card.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.agency.card_personalisation.fonts import drawable
from honnin.agency.card_personalisation.pictures import draw_pictures
from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.issuer.content import access_codes, common, master_file, text, visual
from honnin.card.issuer.content.certificates import (
    MASTER_FILE_ROOT,
    TEXT_ROOT,
    VISUAL_ROOT,
    CertificateIssuer,
    RecordIssuer,
    municipality_identifier,
)
from honnin.card.issuer.content.individual_number import CAPACITY, individual_number
from honnin.custody.key_files import KeyFiles
from honnin.identifiers import MunicipalityCode
from honnin.law.era import era_year
from honnin.law.terms import BasicFour, Sex

INITIAL_PIN: Final = "1234"
KEY_NAMES: Final = tuple(
    f"card-{name}"
    for name in (
        *("text-root", "text-signer", "visual-root", "visual-signer", "master-root", "master-intermediate"),
        *("internal-text", "internal-session", "internal-visual", "internal-common"),
    )
)
# JIS X 0303 knows no "unknown" that clients show; 9 is "not applicable".
_SEX: Final = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: "9"}


@dataclass(frozen=True)
class Equipment:
    """What cards are written with: the keys of `KEY_NAMES`, and the font of what is drawn."""

    keys: KeyFiles
    font: Path


def open_card_keys(keys: KeyFiles) -> None:
    """Make the keys that sign and stand on cards; those that exist are kept. Before the first card only."""
    for name in KEY_NAMES:
        with suppress(FileExistsError):
            keys.create(name)


def personalise(
    state: CardState,
    bearer: BasicFour,
    municipality_code: MunicipalityCode,
    *,
    security_code: str,
    equipment: Equipment,
) -> CardState:
    """A blank card with everything that says whose it is. The last digits of its number choose what is drawn.

    `security_code`: four digits, printed and part of code B. A character that cannot be drawn is 〓 in the
    picture, and itself in the text. Raises Unavailable E_KEY_UNAVAILABLE for a lost key.
    """
    writing = _Writing(state, bearer, municipality_code, security_code, equipment)
    contents = writing.text() | writing.visual() | writing.small_ones()
    return replace(state, applications={**state.applications, **contents}, data=writing.data())


@dataclass(frozen=True)
class _Writing:
    """One card being written."""

    state: CardState
    bearer: BasicFour
    municipality_code: MunicipalityCode
    security_code: str
    equipment: Equipment

    @property
    def sequence(self) -> int:
        return int("".join(each for each in self.state.card_number if each.isdigit()) or "0")

    @property
    def number(self) -> str:
        return individual_number(self.sequence % CAPACITY)

    def text(self) -> dict[str, ApplicationContent]:
        bearer = self.bearer
        attributes = text.Attributes(bearer.name, bearer.address, bearer.birth_date, _SEX[bearer.sex])
        issuer = self._issuer("text", TEXT_ROOT)
        files = text.holder_files(self.number, attributes, issuer) | _text_files(self.equipment.keys, issuer)
        pins = self._pins("text", {0x11: INITIAL_PIN, 0x14: self.number, 0x15: self._code_b()})
        keys = {
            0x13: _encoded(self._key("internal-text")),
            text.SESSION_KEY: _encoded(self._key("internal-session")),
        }
        return {"text": ApplicationContent(files, pins, keys)}

    def visual(self) -> dict[str, ApplicationContent]:
        bearer, key = self.bearer, self._key("internal-visual")
        pictures = draw_pictures(
            name=drawable(self.equipment.font, bearer.name),
            address=drawable(self.equipment.font, bearer.address),
            number=self.number,
            security_code=self.security_code,
            seed=self.state.card_number,
            font=self.equipment.font,
        )
        face = visual.CardFace(bearer.birth_date, _SEX[bearer.sex], self.state.expiry_date, pictures)
        issuer = self._issuer("visual", VISUAL_ROOT)
        files = visual.visual_files(face, self.municipality_code, key.public_key(), issuer)
        birth = access_codes.birth_code(bearer.birth_date, era_year(bearer.birth_date))
        codes = {0x11: birth, 0x12: self._code_b(), 0x13: self.number}
        pins = self._pins("visual", codes)
        return {"visual": ApplicationContent(files, pins, {0x1A: _encoded(key)})}

    def small_ones(self) -> dict[str, ApplicationContent]:
        record = common.CardRecord(
            common.fictitious_serial(self.sequence), self.municipality_code, self.state.expiry_date
        )
        juki, shared = (self._pins(each, {0x1C: INITIAL_PIN}) for each in ("juki", "common"))
        keys = {0x19: _encoded(self._key("internal-common"))}
        return {
            "juki": ApplicationContent(_joined(common.resident_register_files()), juki),
            "common": ApplicationContent(_joined(common.common_files(record)), shared, keys),
        }

    def data(self) -> dict[int, bytes]:
        chain = _master_chain(self.equipment.keys, self.municipality_code)
        return master_file.data_objects(self.municipality_code, self.state.kind.atr, chain)

    def _pins(self, application: str, values: Mapping[int, str]) -> dict[int, PinRecord]:
        """PINs that are set, with all the tries that the card's kind declares."""
        declared = self.state.kind.applications[application].pins
        return {file: PinRecord(value, declared[file].tries) for file, value in values.items()}

    def _code_b(self) -> str:
        born = self.bearer.birth_date
        return access_codes.code_b(born, era_year(born), self.state.expiry_date, self.security_code)

    def _issuer(self, application: str, root: bytes) -> RecordIssuer:
        return _record_issuer(self.equipment.keys, application, root, self.municipality_code)

    def _key(self, name: str) -> RSAPrivateKey:
        return self.equipment.keys.load(f"card-{name}")


# All cards of a municipality bear what follows, byte for byte: it is signed once in a process.
@lru_cache(maxsize=256)
def _record_issuer(
    keys: KeyFiles, application: str, root: bytes, municipality_code: MunicipalityCode
) -> RecordIssuer:
    """Whoever signs the records of a municipality's cards, certified by the application's root."""
    signer = keys.load(f"card-{application}-signer")
    issuer = CertificateIssuer(root, keys.load(f"card-{application}-root"))
    subject = municipality_identifier(municipality_code)
    return RecordIssuer(signer, issuer.certify(subject, signer.public_key()))


@lru_cache(maxsize=256)
def _text_files(keys: KeyFiles, issuer: RecordIssuer) -> dict[int, bytes]:
    public = (keys.load(f"card-{name}").public_key() for name in ("internal-text", "internal-session"))
    return text.application_files(text.TextKeys(*public), issuer)


@lru_cache(maxsize=256)
def _master_chain(keys: KeyFiles, municipality_code: MunicipalityCode) -> tuple[bytes, bytes]:
    root = CertificateIssuer(MASTER_FILE_ROOT, keys.load("card-master-root"))
    subject = keys.load("card-text-signer").public_key()
    return master_file.certificate_chain(
        root, keys.load("card-master-intermediate"), municipality_code, subject
    )


def _encoded(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _joined(files: Mapping[int, Iterable[bytes]]) -> dict[int, bytes]:
    return {file: b"".join(records) for file, records in files.items()}
