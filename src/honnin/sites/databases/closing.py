"""Closes the databases so that a copy of their files holds everything.

SQLite keeps what was written last in a second file (`…-wal`) until somebody moves it over. The last one to
close a database does it, but a process that merely ends closes nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from honnin.errors import HonninError, Unavailable

_TIMEOUT = 3000  # milliseconds for those who are still reading


def close_databases() -> None:
    """Close what this thread has open. While somebody else is at work there, it is theirs to move over."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            with suppress(Error, HonninError):
                _move_over(connection, 0)
            with suppress(Error):
                connection.close()


def finish_databases() -> Iterator[HonninError]:
    """Move everything into the databases' own files, and close them; yields what could not be done."""
    for connection in connections.all():
        try:
            _move_over(connection, _TIMEOUT)
        except Error as error:
            yield _left(connection, str(error))
        except HonninError as error:
            yield error
        finally:
            with suppress(Error):
                connection.close()


def _move_over(connection: BaseDatabaseWrapper, timeout: int) -> None:
    """Raises Unavailable E_DATABASE_NOT_WHOLE while others use the database."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout={timeout}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchone()[0]
    if busy:
        raise _left(connection, "database is locked")


def _left(connection: BaseDatabaseWrapper, reason: str) -> Unavailable:
    name = Path(str(connection.settings_dict["NAME"])).name
    return Unavailable("E_DATABASE_NOT_WHOLE", database=name, reason=reason)
