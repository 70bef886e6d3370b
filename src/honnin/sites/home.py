"""Where an installation keeps its state: one folder, private to its user.

Everything that must survive a restart lies below it. The folder is named by HONNIN_HOME, by default
`var/honnin` below the present directory.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folders and files of one installation."""

    root: Path

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def cards(self) -> Path:
        return self.root / "cards"

    @property
    def publication(self) -> Path:
        return self.root / "publication"

    def database(self, role: str) -> Path:
        return self.root / f"{role}.sqlite3"

    def secret(self, name: str) -> str:
        """A secret of this installation, made on first use (hex, 32 bytes of randomness, mode 0600)."""
        self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.keys / name
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        with os.fdopen(descriptor, "w") as file:
            value = secrets.token_hex(32)
            file.write(value + "\n")
        return value


def present_home() -> Home:
    """The installation that this process works on."""
    return Home(Path(os.environ.get("HONNIN_HOME", "var/honnin")).absolute())
