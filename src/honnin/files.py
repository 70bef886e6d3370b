"""Reads files up to a size limit, and writes files that are private to their user.

A device or a pipe may have no end, and a file may be larger than the memory.
"""

import os
import secrets
from pathlib import Path
from typing import BinaryIO

from honnin.errors import Malformed

MEBI = 1024 * 1024
LONGEST_DOCUMENT = 256 * MEBI
"""Octets of a document that a command reads; working on it takes several times that (our choice)."""


def read_file(path: Path, longest: int) -> bytes:
    """A file of at most `longest` octets. Raises OSError, Malformed E_FILE_TOO_LARGE."""
    with path.open("rb") as file:
        return read_open(file, longest)


def read_open(file: BinaryIO, longest: int) -> bytes:
    """The rest of an open file, as `read_file`."""
    parts, left = [], longest + 1
    while left and (part := file.read(min(left, MEBI))):
        parts.append(part)
        left -= len(part)
    if not left:
        raise Malformed("E_FILE_TOO_LARGE", limit=size(longest))
    return b"".join(parts)


def size(octets: int) -> str:
    """A limit as people read it: in MB, or in KB."""
    return f"{octets // MEBI} MB" if octets >= MEBI else f"{octets // 1024} KB"


def write_private(path: Path, content: bytes) -> None:
    """A file of mode 0600 that is there whole or not at all; one that is there already is replaced."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
