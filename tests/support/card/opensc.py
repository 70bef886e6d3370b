"""OpenSC uses a holder's card through a real reader: it reads the certificates and signs with their keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from honnin.agency.records.models import IssuanceRecord
from honnin.card.kinds.declaration import KeySlot
from honnin.law.terms import Purpose
from honnin.simulator.brought import PINS
from honnin.wire.messages.card_updates import SLOT
from tests.support.card.reader import MODULE, VirtualReader
from tests.support.town import Holder

_IDENTIFIER = {KeySlot.AUTHENTICATION: "01", KeySlot.SIGNATURE: "02"}
_TOKEN = {KeySlot.AUTHENTICATION: "0", KeySlot.SIGNATURE: "1"}


@dataclass(frozen=True)
class Judge:
    """A reader with OpenSC before it, and a folder for what it writes."""

    reader: VirtualReader
    folder: Path

    def certificates(self, holder: Holder) -> dict[Purpose, bytes]:
        """The certificates that OpenSC reads (DER); with the key of each it has signed, OpenSSL says so."""
        with self.reader.insert(holder.card):
            return {purpose: self._used(slot, PINS[purpose].text) for purpose, slot in SLOT.items()}

    def _used(self, slot: KeySlot, pin: str) -> bytes:
        message, signature, key = (self.folder / name for name in ("message", "signature", "key.pem"))
        read = self.reader.read(
            *("pkcs15-tool", "--read-certificate", _IDENTIFIER[slot]),
            *("--verify-pin", "--auth-id", _IDENTIFIER[slot], "--pin", pin),
        )
        certificate = x509.load_pem_x509_certificate(read.encode())
        key.write_bytes(
            certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        message.write_bytes(b"to be signed")
        self.reader.read(
            *("pkcs11-tool", "--module", MODULE, "--slot-index", _TOKEN[slot]),
            *("--login", "--pin", pin, "--id", _IDENTIFIER[slot]),
            *("--sign", "--mechanism", "SHA256-RSA-PKCS"),
            *("--input-file", message, "--output-file", signature),
        )
        checked = self.reader.read(
            "openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, message
        )
        assert "Verified OK" in checked
        return certificate.public_bytes(Encoding.DER)


def require_used(judge: Judge, holder: Holder, expected: Mapping[Purpose, IssuanceRecord]) -> None:
    """OpenSC uses the card, and finds these certificates; none: whichever of its own."""
    found = judge.certificates(holder)
    for purpose, record in expected.items():
        assert found[purpose] == bytes(record.certificate)
