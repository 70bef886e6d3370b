"""Tokens of SoftHSM, each in a folder of its own: a PKCS#11 module that nobody here wrote."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "123456"
IMPORT = """
import sys
from pkcs11 import Attribute, KeyType, ObjectClass, lib
module, token, pin, label, key = sys.argv[1:]
attributes = {
    Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: label,
    Attribute.VALUE: bytes.fromhex(key), Attribute.TOKEN: True, Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True,
}
with lib(module).get_token(token_label=token).open(user_pin=pin, rw=True) as session:
    session.create_object(attributes)
"""
_numbers = count(1)


@dataclass(frozen=True)
class SoftToken:
    """One token; its label is of no other token of this run, since a process sees what it saw at first."""

    folder: Path
    label: str

    @property
    def uri(self) -> str:
        return f"pkcs11:token={self.label}?module-path={MODULE}&pin-source=file:{self.pin_file}"

    @property
    def pin_file(self) -> Path:
        return self.folder / "pin"

    @property
    def environment(self) -> Mapping[str, str]:
        """For a process that is to see this token."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"), "HONNIN_CARD_MASTER_KEY_URI": self.uri}

    def import_key(self, label: str, key: bytes) -> None:
        """Put a key into the token, as one that stays in there and computes MACs."""
        words = [sys.executable, "-c", IMPORT, str(MODULE), self.label, PIN, label, key.hex()]
        subprocess.run(words, env={**os.environ, **self.environment}, check=True)

    def remove(self) -> None:
        """Pull the token out."""
        (self.folder / "tokens").rename(self.folder / "away")
        (self.folder / "tokens").mkdir()

    def insert(self) -> None:
        """Put it in again."""
        shutil.rmtree(self.folder / "tokens")
        (self.folder / "away").rename(self.folder / "tokens")


def soft_folder(folder: Path) -> Path:
    """SoftHSM's configuration for tokens in a folder.

    Skips where SoftHSM is not installed, or fails where everything must be there.
    """
    if not MODULE.exists():
        if os.environ.get("HONNIN_REQUIRE_CONFORMANCE") == "1":
            pytest.fail("this machine lacks softhsm2")
        pytest.skip("this machine lacks softhsm2")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    said = f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    configuration.write_text(said)
    return configuration


def soft_token(folder: Path) -> SoftToken:
    """A new empty token in a folder of its own. Skips and fails as `soft_folder`."""
    soft_folder(folder)
    token = SoftToken(folder, f"honnin-{os.getpid()}-{next(_numbers)}")
    token.pin_file.write_text(f"{PIN}\n")
    words = ("--init-token", "--free", "--label", token.label, "--so-pin", "87654321", "--pin", PIN)
    environment = {**os.environ, **token.environment}
    subprocess.run(["softhsm2-util", *words], env=environment, check=True, capture_output=True)
    return token
