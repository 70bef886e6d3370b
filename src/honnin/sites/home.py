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
        if not path.exists():
            self._make_secret(path)
        return path.read_text("ascii").strip()

    def _make_secret(self, path: Path) -> None:
        """Written whole before it gets its name: two processes that start at once share one secret."""
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(new)
        except FileExistsError:
            pass  # another process was first: its secret counts
        finally:
            new.unlink()


def present_home() -> Home:
    """The installation that this process works on."""
    return Home(Path(os.environ.get("HONNIN_HOME", "var/honnin")).absolute())
