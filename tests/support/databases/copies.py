"""Copies of databases, and that they are left as they were."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

DATABASES = ("agency.sqlite3", "municipality.sqlite3", "accounts.sqlite3")


def clean(home: Path, copy: Path) -> None:
    """After a stop: the log was written into the databases."""
    shutil.copytree(home, copy)
    for name in DATABASES:
        with closing(sqlite3.connect(copy / name)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ("-wal", "-shm"):
            (copy / (name + suffix)).unlink(missing_ok=True)


@contextmanager
def all_open(home: Path) -> Iterator[None]:
    """Somebody reads each database as it is now: what is written meanwhile stays in its log."""
    held = [sqlite3.connect(home / name) for name in DATABASES]
    for database in held:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("BEGIN")  # who reads an earlier state keeps later ones in the log
        database.execute("SELECT 1 FROM sqlite_master").fetchall()
    yield
    for database in held:
        database.close()
