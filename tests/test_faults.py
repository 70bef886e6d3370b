"""Faults of disks, files and databases have their own names; what has none stays what it is."""

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError
from django.db.utils import IntegrityError

from honnin.errors import Conflict, catalogue
from honnin.faults import _OF_POSTGRESQL, _OF_SQLITE, _OF_SYSTEM, named


def code(error: BaseException) -> str | None:
    fault = named(error)
    return fault.code if fault is not None else None


def raised(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


# — Of the system —————————————————————————————————————————————————————————————————————————————————————


def test_a_full_disk_is_a_full_disk() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    assert code(raised(lambda: os.write(descriptor, b"x"))) == "E_DISK_FULL"
    os.close(descriptor)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EDQUOT, "E_DISK_FULL"),
        (errno.EROFS, "E_READ_ONLY"),
        (errno.EACCES, "E_FILE_NOT_PERMITTED"),
        (errno.EPERM, "E_FILE_NOT_PERMITTED"),
        (errno.EMFILE, "E_TOO_MANY_FILES"),
        (errno.EIO, "E_DISK_FAILED"),
        (errno.ENOENT, None),
        (errno.EPIPE, None),
        (errno.ECONNRESET, None),
    ],
)
def test_the_system_s_numbers_have_names(number: int, expected: str | None) -> None:
    assert code(OSError(number, os.strerror(number))) == expected


# — Of SQLite —————————————————————————————————————————————————————————————————————————————————————————


def full(folder: Path) -> None:
    with sqlite3.connect(folder / "full") as database:
        database.execute("PRAGMA max_page_count = 4")
        database.execute("CREATE TABLE t (v)")
        database.execute("INSERT INTO t VALUES (zeroblob(100000))")


def read_only(folder: Path) -> None:
    sqlite3.connect(folder / "kept").execute("CREATE TABLE t (v)").close()
    sqlite3.connect(f"file:{folder / 'kept'}?mode=ro", uri=True).execute("INSERT INTO t VALUES (1)")


def locked(folder: Path) -> None:
    holder = sqlite3.connect(folder / "held", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    sqlite3.connect(folder / "held", timeout=0).execute("CREATE TABLE t (v)")


def no_database(folder: Path) -> None:
    (folder / "none").write_bytes(b"no database at all" * 100)
    sqlite3.connect(folder / "none").execute("SELECT * FROM sqlite_master").fetchall()


def damaged(folder: Path) -> None:
    path = folder / "damaged"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (v)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 100)
    database.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    sqlite3.connect(path).execute("SELECT * FROM t").fetchall()


def no_folder(folder: Path) -> None:
    sqlite3.connect(folder / "nowhere" / "database")


def moved(folder: Path) -> None:
    path = folder / "moved"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t (v)")
    path.unlink()
    database.execute("INSERT INTO t VALUES (1)")


def no_table(folder: Path) -> None:
    sqlite3.connect(folder / "empty").execute("SELECT * FROM t")


OF_SQLITE = [
    (full, "E_DISK_FULL"),
    (read_only, "E_READ_ONLY"),
    (locked, "E_DATABASE_BUSY"),
    (no_database, "E_DATABASE_UNREADABLE"),
    (damaged, "E_DATABASE_UNREADABLE"),
    (no_folder, "E_DATABASE_NOT_OPENED"),
    (moved, "E_DATABASE_MOVED"),
    (no_table, "E_RECORDS_UNAVAILABLE"),
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("act", "expected"), OF_SQLITE, ids=lambda value: getattr(value, "__name__", ""))
def test_sqlite_says_what_it_is(tmp_path: Path, act: Callable[[Path], None], expected: str) -> None:
    error = raised(lambda: act(tmp_path))
    assert code(error) == expected
    wrapped = OperationalError(str(error))
    wrapped.__cause__ = error  # as the framework does
    assert code(wrapped) == expected


# — Of PostgreSQL —————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.DiskFull, "E_DISK_FULL"),
        (psycopg.errors.ReadOnlySqlTransaction, "E_READ_ONLY"),
        (psycopg.errors.LockNotAvailable, "E_DATABASE_BUSY"),
        (psycopg.errors.DeadlockDetected, "E_DATABASE_BUSY"),
        (psycopg.errors.QueryCanceled, "E_DATABASE_BUSY"),
        (psycopg.errors.AdminShutdown, "E_DATABASE_UNREACHABLE"),
        (psycopg.errors.CannotConnectNow, "E_DATABASE_UNREACHABLE"),
        (psycopg.errors.TooManyConnections, "E_DATABASE_UNREACHABLE"),
        (psycopg.errors.InvalidPassword, "E_DATABASE_DENIED"),
        (psycopg.errors.InsufficientPrivilege, "E_DATABASE_DENIED"),
        (psycopg.errors.DataCorrupted, "E_DATABASE_UNREADABLE"),
        (psycopg.errors.IoError, "E_DISK_FAILED"),
        (psycopg.errors.UniqueViolation, "E_RECORDS_UNAVAILABLE"),
        (psycopg.OperationalError, "E_DATABASE_UNREACHABLE"),
    ],
)
def test_postgresql_says_what_it_is(error: type[psycopg.Error], expected: str) -> None:
    assert code(error("values of rows stand here")) == expected


def test_nobody_at_the_address_is_named() -> None:
    error = raised(lambda: psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2"))
    assert code(error) == "E_DATABASE_UNREACHABLE"


# — The rest ——————————————————————————————————————————————————————————————————————————————————————————


def test_what_has_a_name_keeps_it_and_what_has_none_gets_none() -> None:
    conflict = Conflict("E_OVERTAKEN")
    assert named(conflict) is conflict
    assert code(IntegrityError("a value")) == "E_RECORDS_UNAVAILABLE"
    assert named(ValueError("a value")) is None
    assert named(KeyError("a name")) is None


def test_every_name_has_its_sentences() -> None:
    assert {*_OF_SYSTEM.values(), *_OF_SQLITE.values(), *_OF_POSTGRESQL.values()} < catalogue().keys()
