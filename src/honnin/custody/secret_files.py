"""Secrets in files of their own: random, private to their user, made whole, never written over.

Knows nothing of what a secret is for, and makes none unless it is told to: a new secret in the place of a
lost one would open nothing.
"""

import os
import re
import secrets
from pathlib import Path

from honnin.errors import Unavailable


def make_secret(path: Path) -> None:
    """Make a secret: 32 bytes of randomness in hex, mode 0600. The folder must be there.

    Written whole before it gets its name: of two processes that make it at once one is first, and its
    secret counts. Raises FileExistsError for a name that is taken.
    """
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(new)
        _write_through(path.parent)
    finally:
        new.unlink()


def read_secret(path: Path) -> str:
    """A secret that must be there. Raises Unavailable E_KEY_UNAVAILABLE."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("E_KEY_UNAVAILABLE", file=path.name) from error


def read_key(path: Path) -> bytes:
    """As `read_secret`, and it must be an AES key: 16 or 32 bytes in hex."""
    key = read_secret(path)
    if not re.fullmatch("([0-9A-Fa-f]{32}){1,2}", key):
        raise Unavailable("E_KEY_UNAVAILABLE", file=path.name)
    return bytes.fromhex(key)


def _write_through(folder: Path) -> None:
    """A name is durable when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
