"""Opening an SQLite database so that nothing is written, not even beside it: also on a read-only medium.

Where the folder can be written it is opened as everybody does: others may be at work, and readers and
writers agree by the file beside it (`-shm`). Where it cannot, nothing here needs it to be.
"""

import os
import sqlite3
import stat
from pathlib import Path

from honnin.agency.status.index import read_only


def reading_address(database: Path) -> tuple[str, str]:
    """The address (URI) of a database that is only read, and what must be said first on the connection."""
    file = database.resolve()
    address, log, shared = read_only(str(file)), Path(f"{file}-wal"), Path(f"{file}-shm")
    if _can_be_written(file.parent):
        return address, ""
    if not log.exists() or not log.stat().st_size:
        return f"{address}&immutable=1", ""  # all is in the one file
    if shared.exists():
        return address, ""
    # A log that was left behind: its index is made in memory, which takes a connection that is alone.
    return f"{address}&vfs=unix-none", "PRAGMA locking_mode=EXCLUSIVE"


def connect_for_reading(database: Path, *, timeout: float) -> sqlite3.Connection:
    """A connection that only reads. Raises sqlite3.Error."""
    address, first = reading_address(database)
    connection = sqlite3.connect(address, uri=True, timeout=timeout)
    if first:
        connection.execute(first)
    return connection


def _can_be_written(folder: Path) -> bool:
    """Not by root either where its mode says so to everybody."""
    return bool(folder.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)) and os.access(
        folder, os.W_OK
    )
