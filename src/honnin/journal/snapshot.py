"""One state of a role's database for everything that is read in a block, while others go on writing.

No writer waits for it. On SQLite the log of writes cannot begin anew as long as the block lasts: what is
written meanwhile stays on the disk beside the database, and goes with the first checkpoint after it. On
PostgreSQL dead rows are kept as long. So read in it, and do slow things (sign, ask others) outside.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, connections, transaction
from django.db import Error as DatabaseFault

UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    ValidationError,
    DatabaseFault,
)
"""What reading raises where a database holds what was never written; of a DatabaseFault ask `is_damage`."""

_NOT_OF_CONTENT = {3, 5, 6, 7, 8, 9, 10, 13, 14, 15, 17, 23}  # sqlite3.h: locked, full, cannot be opened …
_DAMAGED_STATES = ("XX", "58", "22")  # PostgreSQL's appendix A: corrupted, a file is missing, no such value
_NOT_THERE = ("42P01", "42703")  # the same: no such table, no such column


@contextmanager
def snapshot(database: str) -> Iterator[None]:
    """Every query of the block sees one state of the database, and none may write.

    Within a transaction of the caller's own it is that one's state, as on SQLite any transaction has one.
    """
    connection: Any = connections[database]
    connection.ensure_connection()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with _deferred(connection), transaction.atomic(using=database), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # the state is that of now
            yield
    else:
        with transaction.atomic(using=database), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT 1").fetchone()
            yield


@contextmanager
def _deferred(connection: Any) -> Iterator[None]:
    """Transactions that begin as readers: as the settings have it they begin as writers."""
    mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        connection.transaction_mode = mode


class Part:
    """A part of a snapshot: where it is damaged, that is noted and the block left; what comes after it can be
    read all the same. What is not damage (`is_damage`) is raised.
    """

    def __init__(self, database: str, note: Callable[[], None], *, is_present: bool = False) -> None:
        """`is_present`: the database is known to be of this version."""
        self._savepoint = transaction.atomic(using=database)
        self._note = note
        self._is_present = is_present

    def __enter__(self) -> None:
        self._savepoint.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._savepoint.__exit__(kind, error, trace)
        if not isinstance(error, UNREADABLE) or not is_damage(error, is_present=self._is_present):
            return False
        self._note()
        return True


def is_damage(error: BaseException, *, is_present: bool = False) -> bool:
    """Whether something raised by reading speaks of what is there, and not of reaching it: a database that is
    locked, far, full or of an earlier version is not damaged. In one that is known to be of this version
    (`is_present`) a table or column that is not there is damage.
    """
    if not isinstance(error, DatabaseFault) or isinstance(error, DataError):
        return True  # what the driver cannot make a value of has no state: PostgreSQL's 'infinity'
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in _DAMAGED_STATES or (is_present and state in _NOT_THERE)
    if type(cause).__module__.startswith("psycopg"):
        return False  # the connection was lost
    code = getattr(cause, "sqlite_errorcode", None)
    return code is None or not (
        code & 0xFF in _NOT_OF_CONTENT or (not is_present and "no such" in str(cause))
    )
