"""Keys in encrypted files: one PKCS#8 file for each key, all under one passphrase.

The folder is private to its user. A key is written once and never overwritten by another. The passphrase is
stretched by scrypt, once for each process: the files of a folder share their salt.
"""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from honnin.errors import Malformed, Unavailable
from honnin.pkix import encrypted_key
from honnin.pkix.encrypted_key import Stretching


class KeyFiles:
    """The keys of one installation, loaded once each."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        """Raises Malformed E_KEY_PASSPHRASE_TEXT for a passphrase that is no text."""
        self.folder = folder
        try:
            self._passphrase = passphrase.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Malformed("E_KEY_PASSPHRASE_TEXT") from error
        self._loaded: dict[str, PrivateKeyTypes] = {}

    def create(self, name: str, size: int = 2048) -> rsa.RSAPublicKey:
        """Make an RSA key pair and store it. Raises FileExistsError when the name is taken."""
        if os.path.lexists(self.folder / f"{name}.pem"):  # before a pair is made for nothing
            raise FileExistsError(name)
        key = rsa.generate_private_key(public_exponent=65537, key_size=size)
        self._write(name, key)
        self._loaded[name] = key
        return key.public_key()

    def sign(self, name: str, tbs: bytes) -> bytes:
        """sha256WithRSAEncryption over `tbs` with the named key."""
        return self.load(name).sign(tbs, padding.PKCS1v15(), hashes.SHA256())

    def load(self, name: str) -> rsa.RSAPrivateKey:
        """The named RSA key. Raises Unavailable E_KEY_UNAVAILABLE when it cannot be opened."""
        key = self._opened(name)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem")
        return key

    def create_journal_key(self, name: str) -> None:
        """Make the Ed25519 key of a journal; one that exists is kept.

        Only for a journal without entries: what another key signed could not be proved any more.
        """
        with suppress(FileExistsError):
            self._write(name, ed25519.Ed25519PrivateKey.generate())

    def journal_key(self, name: str) -> ed25519.Ed25519PrivateKey:
        """The key of a journal. Raises Unavailable E_KEY_UNAVAILABLE when it is lost."""
        key = self._opened(name)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem")
        return key

    def stretch_old_files(self) -> list[str]:
        """Write key files anew whose passphrase is not stretched by scrypt; returns the names of their keys.

        Same key, same passphrase. One that this passphrase does not open is left to whoever asks for it.
        """
        rewritten = []
        for path in sorted(self.folder.glob("*.pem")):
            if encrypted_key.stretching_of(path.read_bytes()) is None:
                with suppress(Unavailable):
                    self._rewrite(path, self._read(path.stem))
                    rewritten.append(path.stem)
        return rewritten

    def _opened(self, name: str) -> PrivateKeyTypes:
        if name not in self._loaded:
            self._loaded[name] = self._read(name)
        return self._loaded[name]

    def _write(self, name: str, key: PrivateKeyTypes) -> None:
        content = self._encrypted(key)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_new(self.folder / f"{name}.pem", content)

    def _rewrite(self, path: Path, key: PrivateKeyTypes) -> None:
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        _write_new(new, self._encrypted(key))
        new.replace(path)

    def _encrypted(self, key: PrivateKeyTypes) -> bytes:
        info = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        stretching = self._stretching()
        return encrypted_key.encrypt(info, stretching, _stretched(self._passphrase, stretching))

    def _stretching(self) -> Stretching:
        """As the files that are there already have it, so that one process stretches once."""
        for path in sorted(self.folder.glob("*.pem")):
            with suppress(OSError):
                found = encrypted_key.stretching_of(path.read_bytes())
                if found is not None and found == Stretching(found.salt):
                    return found
        return Stretching.fresh()

    def _read(self, name: str) -> PrivateKeyTypes:
        try:
            pem = (self.folder / f"{name}.pem").read_bytes()
            stretching = encrypted_key.stretching_of(pem)
            if stretching is None:
                return serialization.load_pem_private_key(pem, self._passphrase)
            info = encrypted_key.decrypt(pem, _stretched(self._passphrase, stretching))
            return serialization.load_der_private_key(info, None)
        except (OSError, ValueError, TypeError, Malformed) as error:
            raise Unavailable("E_KEY_UNAVAILABLE", file=f"{name}.pem") from error


@lru_cache(maxsize=8)
def _stretched(passphrase: bytes, stretching: Stretching) -> bytes:
    return stretching.key(passphrase)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
