"""Reading the status of one certificate straight from the issue records, without Django.

A point look-up by (purpose, serial number) over the unique index; one connection for each thread. The
responder therefore sees a hold with its next request: there is no copy that could be behind.
"""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from honnin.errors import Unavailable

_COLUMNS = "issuer_key_id, status, crl_reason, status_changed_at"
_TABLE = "agency_records_issuancerecord"


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """What the record says: `status` is good, held or revoked; the instant is when it became so."""

    issuer_key_id: str
    status: str
    crl_reason: str
    status_changed_at: datetime


class StatusIndex(Protocol):
    """Whoever can look up the status of a serial number."""

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        """The entry, or None when none was issued. Raises Unavailable E_RECORDS_UNAVAILABLE."""
        ...


def read_only(path: str) -> str:
    """The address under which SQLite opens a file for reading only."""
    return f"{Path(path).absolute().as_uri()}?mode=ro"


class SQLiteIndex:
    """The records in an SQLite file, opened read-only."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        try:
            row = (
                self._connection()
                .execute(
                    f"SELECT {_COLUMNS} FROM {_TABLE} WHERE purpose = ? AND serial_number = ?",  # noqa: S608
                    (purpose, serial_number),
                )
                .fetchone()
            )
        except (sqlite3.Error, OverflowError) as error:
            if isinstance(error, OverflowError):  # longer than any serial number we ever gave
                return None
            raise Unavailable("E_RECORDS_UNAVAILABLE") from error
        return None if row is None else _entry(row)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(read_only(self._path), uri=True, timeout=5)
            self._local.connection = connection
        return connection


class PostgreSQLIndex:
    """The records in PostgreSQL, through psycopg; a lost connection is opened again by the next request."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._local = threading.local()

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        import psycopg

        if serial_number >= 1 << 63:
            return None
        try:
            cursor = self._connection(psycopg.connect).execute(
                f"SELECT {_COLUMNS} FROM {_TABLE} WHERE purpose = %s AND serial_number = %s",  # noqa: S608
                (purpose, serial_number),
            )
            row = cursor.fetchone()
        except psycopg.Error as error:
            self._local.connection = None
            raise Unavailable("E_RECORDS_UNAVAILABLE") from error
        return None if row is None else _entry(row)

    def _connection(self, connect: Callable[..., Any]) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = connect(self._address, autocommit=True, prepare_threshold=1)
            self._local.connection = connection
        return connection


def _entry(row: tuple[str, str, str, str | datetime]) -> StatusEntry:
    key_id, status, reason, changed = row
    instant = datetime.fromisoformat(changed) if isinstance(changed, str) else changed
    if instant.tzinfo is None:  # Django keeps UTC in SQLite, without saying so
        instant = instant.replace(tzinfo=UTC)
    return StatusEntry(key_id, status, reason, instant)
