"""The status service's site: a process that opens the keys and the records, without Django.

`honnin.sites.responder:application` is an ASGI application for any server. It reads which generations of the
CAs there are when it starts, and again when it is asked about one that it does not know.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509

from honnin.agency.status import overview
from honnin.agency.status.app import StatusApplication
from honnin.agency.status.index import (
    SQLITE_TIMEOUT,
    PostgreSQLIndex,
    SQLiteIndex,
    StatusIndex,
    patient_connection,
    read_only,
)
from honnin.agency.status.responder import Issuer, StatusResponder, responder_for
from honnin.clock import Clock, SystemClock
from honnin.custody.key_files import KeyFiles
from honnin.errors import Unavailable
from honnin.faults import named
from honnin.sites.databases.address import postgresql_address
from honnin.sites.databases.reading import connect_for_reading
from honnin.sites.home import Home
from honnin.sites.language import require_catalogues
from honnin.sites.privacy import private_home
from honnin.sites.processes.children import end_with_server
from honnin.sites.processes.heartbeat import Beating
from honnin.sites.roles import require_played

CONNECTIONS = 8  # to PostgreSQL, at most
_TIMEOUT_AT_START = 5.0  # seconds; later on, requests wait meanwhile
_KEYS = (
    "SELECT purpose, key_id, certificate, responder_certificate, responder_key_name "
    "FROM agency_authority_issuingkey ORDER BY id"
)


def make_application(home: Home, clock: Clock) -> StatusApplication:
    """The status service of an installation. Raises Unavailable E_AUTHORITY_NOT_OPEN before `honnin up`."""
    threads = ThreadPoolExecutor(CONNECTIONS) if postgresql_address("agency") else None
    return StatusApplication(make_responder(home, clock), home.publication, threads=threads)


def make_responder(home: Home, clock: Clock) -> StatusResponder:
    """The part of it that answers OCSP requests."""
    address = postgresql_address("agency")
    if not address:
        home.require_database("agency")
    path = home.database("agency")
    connect = partial(connect_for_reading, path, timeout=SQLITE_TIMEOUT) if home.is_only_read else None

    def rows(timeout: float = SQLITE_TIMEOUT) -> list[tuple[Any, ...]]:
        return _postgresql_rows(address) if address else _sqlite_rows(path, timeout, connect)

    found = rows(_TIMEOUT_AT_START)
    passphrase = os.environ.get("HONNIN_KEY_PASSPHRASE") or home.existing_secret("passphrase")
    keys = KeyFiles(home.keys, passphrase)
    issuers = list(_issuers(found, keys))
    if not issuers:
        raise Unavailable("E_AUTHORITY_NOT_OPEN")
    index: StatusIndex = PostgreSQLIndex(address) if address else SQLiteIndex(str(path), connect)
    return StatusResponder(issuers, index, clock, read_issuers=lambda: _issuers(rows(), keys))


def _issuers(rows: list[tuple[Any, ...]], keys: KeyFiles) -> Iterator[Issuer]:
    for purpose, key_id, certificate, responder, key_name in rows:
        if responder is None:
            continue
        try:
            issuer = x509.load_der_x509_certificate(bytes(certificate))
            speaker = responder_for(bytes(responder), partial(keys.sign, key_name))
        except (ValueError, TypeError) as error:  # SQLite keeps anything
            raise Unavailable("E_RECORDS_NOT_UNDERSTOOD") from error
        yield Issuer(purpose, key_id, issuer, speaker)


def _sqlite_rows(
    path: Path, timeout: float, connect: Callable[[], sqlite3.Connection] | None = None
) -> list[tuple[Any, ...]]:
    if not path.exists():
        raise Unavailable("E_AUTHORITY_NOT_OPEN")
    try:
        if connect is None:
            connect = partial(sqlite3.connect, read_only(str(path)), uri=True, timeout=timeout)
        connection = connect()
        try:
            return connection.execute(_KEYS).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            raise Unavailable("E_AUTHORITY_NOT_OPEN") from error
        raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error


def _postgresql_rows(address: str) -> list[tuple[Any, ...]]:
    import psycopg

    try:
        with patient_connection(address) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(_KEYS).fetchall()
            return rows
    except psycopg.errors.UndefinedTable as error:
        raise Unavailable("E_AUTHORITY_NOT_OPEN") from error
    except psycopg.Error as error:
        raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error


def __getattr__(name: str) -> Beating:
    """`application` is made when a server asks for it, so that importing this module opens nothing."""
    if name == "application":
        end_with_server()
        require_played("status")
        require_catalogues([Path(overview.__file__).parent])
        return Beating(make_application(private_home(), SystemClock()))
    raise AttributeError(name)
