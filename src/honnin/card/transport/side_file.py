"""The files beside a card's own: its lock, and the next one while it is written."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

_LONGEST_NAME: Final = 255  # octets, on every file system that Linux has


def side_file(card_file: Path, suffix: str) -> Path:
    """The name with the suffix; for a card whose name leaves no room, a short one that only it gets."""
    name = os.fsencode(card_file.name)
    if len(name) + len(suffix) <= _LONGEST_NAME:
        return card_file.with_name(card_file.name + suffix)
    return card_file.with_name(f".{sha256(name).hexdigest()[:32]}{suffix}")
