"""Tokens that other programs use."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from tests.support.card.reader import MODULE, VirtualReader

TOKENS = ("JPKI (User Authentication PIN)", "JPKI (Digital Signature PIN)")


PINS = {KeySlot.AUTHENTICATION: "1234", KeySlot.SIGNATURE: "ABC123"}


IDENTIFIER = {KeySlot.AUTHENTICATION: "01", KeySlot.SIGNATURE: "02"}


TOKEN_INDEX = {KeySlot.AUTHENTICATION: "0", KeySlot.SIGNATURE: "1"}


def sign(reader: VirtualReader, slot: KeySlot, folder: Path, *, token_index: str | None = None) -> bool:
    """Sign by PKCS#11 with a slot's key and check with OpenSSL."""
    message, signature, public_key = (folder / name for name in ("message", "signature", "key.pem"))
    message.write_bytes(b"to be signed")
    signed = reader.run(
        *("pkcs11-tool", "--module", MODULE, "--slot-index", token_index or TOKEN_INDEX[slot]),
        *("--login", "--pin", PINS[slot], "--id", IDENTIFIER[slot]),
        *("--sign", "--mechanism", "SHA256-RSA-PKCS", "--input-file", message, "--output-file", signature),
    )
    if signed.returncode:
        return False
    checked = reader.run(
        "openssl", "dgst", "-sha256", "-verify", public_key, "-signature", signature, message
    )
    return "Verified OK" in checked.stdout


def keep_public_key(state: CardState, slot: KeySlot, folder: Path) -> None:
    certificate = state.slots[slot].certificate
    assert certificate is not None
    key = x509.load_der_x509_certificate(certificate).public_key()
    (folder / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
