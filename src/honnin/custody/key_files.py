"""Keys in encrypted files: one PKCS#8 file for each key, all under one passphrase.

The folder is private to its user. Key files are written once and never overwritten.
"""

import os
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from honnin.errors import Unavailable


class KeyFiles:
    """The keys of one installation, loaded once each."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        self.folder = folder
        self._passphrase = passphrase.encode("utf-8")
        self._loaded: dict[str, rsa.RSAPrivateKey] = {}

    def create(self, name: str, size: int = 2048) -> rsa.RSAPublicKey:
        """Make an RSA key pair and store it. Raises FileExistsError when the name is taken."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=size)
        self._write(name, key)
        self._loaded[name] = key
        return key.public_key()

    def sign(self, name: str, tbs: bytes) -> bytes:
        """sha256WithRSAEncryption over `tbs` with the named key."""
        return self.load(name).sign(tbs, padding.PKCS1v15(), hashes.SHA256())

    def load(self, name: str) -> rsa.RSAPrivateKey:
        """The named RSA key. Raises Unavailable E_KEY_UNAVAILABLE when it cannot be opened."""
        if name not in self._loaded:
            key = self._read(name)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem")
            self._loaded[name] = key
        return self._loaded[name]

    def create_journal_key(self, name: str) -> None:
        """Make the Ed25519 key of a journal; one that exists is kept.

        Only for a journal without entries: what another key signed could not be proved any more.
        """
        with suppress(FileExistsError):
            self._write(name, ed25519.Ed25519PrivateKey.generate())

    def journal_key(self, name: str) -> ed25519.Ed25519PrivateKey:
        """The key of a journal. Raises Unavailable E_KEY_UNAVAILABLE when it is lost."""
        key = self._read(name)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem")
        return key

    def _write(self, name: str, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(self._passphrase),
        )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.folder / f"{name}.pem", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, name: str) -> object:
        try:
            pem = (self.folder / f"{name}.pem").read_bytes()
            return serialization.load_pem_private_key(pem, self._passphrase)
        except (OSError, ValueError, TypeError) as error:
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem") from error
