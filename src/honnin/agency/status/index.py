"""Reading the status of one certificate straight from the issue records, without Django.

A point look-up by (purpose, serial number) over the unique index; one connection for each thread. The
responder therefore sees a hold with its next request: there is no copy that could be behind.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from honnin.agency.records.recorded import recorded_status
from honnin.errors import Unavailable
from honnin.faults import named
from honnin.law.certificates.status import Status

_COLUMNS = "issuer_key_id, status, crl_reason, status_changed_at"
_TABLE = "agency_records_issuancerecord"
# Our choices, so that a look-up ends. A reader of SQLite waits for hardly anybody (write-ahead log).
SQLITE_TIMEOUT = 0.1  # seconds
_CONNECT_TIMEOUT = 3  # seconds
_STATEMENT_TIMEOUT = 2000  # milliseconds
_SILENCE = 4000  # milliseconds until a network that says nothing counts as lost


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """What the record says: a status that is recorded; the instant is when it became so."""

    issuer_key_id: str
    status: Status
    crl_reason: str
    status_changed_at: datetime


class StatusIndex(Protocol):
    """Whoever can look up the status of a serial number."""

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        """The entry, or None when none was issued. Raises Unavailable where a database fails."""
        ...


def read_only(path: str) -> str:
    """The address under which SQLite opens a file for reading only."""
    return f"{Path(path).absolute().as_uri()}?mode=ro"


class SQLiteIndex:
    """The records in an SQLite file, opened read-only."""

    def __init__(self, path: str, connect: Callable[[], sqlite3.Connection] | None = None) -> None:
        """`connect` opens it in another way than `read_only`."""
        self._path = path
        self._connect = connect
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
            raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error
        return None if row is None else _entry(row)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._connect is not None:
                connection = self._connect()
            else:
                connection = sqlite3.connect(read_only(self._path), uri=True, timeout=SQLITE_TIMEOUT)
            self._local.connection = connection
        return connection


def patient_connection(address: str, **options: Any) -> Any:
    """A connection to PostgreSQL that waits only so long; what the address itself says goes before."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(address)
    waits = {"connect_timeout": _CONNECT_TIMEOUT, "tcp_user_timeout": _SILENCE, "keepalives_idle": 2}
    theirs = given.get("options") or os.environ.get("PGOPTIONS", "")
    given["options"] = f"-c statement_timeout={_STATEMENT_TIMEOUT} {theirs}"
    return psycopg.connect(**{**options, **waits, **given})


class PostgreSQLIndex:
    """The records in PostgreSQL, through psycopg; a lost connection is opened again by the next request.

    A look-up may take seconds when the database is locked or gone: ask from a thread that may wait.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._local = threading.local()

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        import psycopg

        if serial_number >= 1 << 63:
            return None
        try:
            cursor = self._connection().execute(
                f"SELECT {_COLUMNS} FROM {_TABLE} WHERE purpose = %s AND serial_number = %s",  # noqa: S608
                (purpose, serial_number),
            )
            row = cursor.fetchone()
        except psycopg.Error as error:
            self._local.connection = None
            raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error
        return None if row is None else _entry(row)

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = patient_connection(self._address, autocommit=True, prepare_threshold=1)
            self._local.connection = connection
        return connection


def _entry(row: tuple[Any, ...]) -> StatusEntry:
    """The entry of a row. SQLite keeps anything: Unavailable E_RECORDS_NOT_UNDERSTOOD for other values."""
    key_id, status, reason, changed = row
    if not (isinstance(key_id, str) and isinstance(reason, str)):
        raise Unavailable("E_RECORDS_NOT_UNDERSTOOD")
    try:
        instant = datetime.fromisoformat(changed) if isinstance(changed, str) else changed
        if instant.tzinfo is None:  # Django keeps UTC in SQLite, without saying so
            instant = instant.replace(tzinfo=UTC)
    except (ValueError, AttributeError) as error:
        raise Unavailable("E_RECORDS_NOT_UNDERSTOOD") from error
    return StatusEntry(key_id, recorded_status(status), reason, instant)
