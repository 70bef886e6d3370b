"""Names errors of disks, files and databases, by errno and by the error codes of the engines.

What is said of a fault is its code's sentence; the text of the exception, which may hold values of rows, is
read by nobody. It loads no database driver: who raised the error has loaded it.
"""

import errno
from collections.abc import Iterator

from honnin.errors import HonninError, Unavailable

_OF_SYSTEM = {
    errno.ENOSPC: "E_DISK_FULL",
    errno.EDQUOT: "E_DISK_FULL",
    errno.EROFS: "E_READ_ONLY",
    errno.EACCES: "E_FILE_NOT_PERMITTED",
    errno.EPERM: "E_FILE_NOT_PERMITTED",
    errno.EMFILE: "E_TOO_MANY_FILES",
    errno.ENFILE: "E_TOO_MANY_FILES",
    errno.EIO: "E_DISK_FAILED",
}
# Primary result codes of SQLite (https://sqlite.org/rescode.html); extended ones have them in their low
# octet.
_OF_SQLITE = {
    3: "E_FILE_NOT_PERMITTED",
    5: "E_DATABASE_BUSY",
    6: "E_DATABASE_BUSY",
    8: "E_READ_ONLY",
    10: "E_DISK_FAILED",
    11: "E_DATABASE_UNREADABLE",
    13: "E_DISK_FULL",
    14: "E_DATABASE_NOT_OPENED",
    26: "E_DATABASE_UNREADABLE",
}
_SQLITE_READONLY_DBMOVED = 1032  # the file was taken away or exchanged under an open connection
# SQLSTATE of PostgreSQL (appendix A of its manual): whole, or the two characters of a class.
_OF_POSTGRESQL = {
    "25006": "E_READ_ONLY",
    "40P01": "E_DATABASE_BUSY",
    "42501": "E_DATABASE_DENIED",
    "53100": "E_DISK_FULL",
    "53300": "E_DATABASE_UNREACHABLE",
    "55P03": "E_DATABASE_BUSY",
    "57014": "E_DATABASE_BUSY",
    "58030": "E_DISK_FAILED",
    "08": "E_DATABASE_UNREACHABLE",
    "28": "E_DATABASE_DENIED",
    "3D": "E_DATABASE_UNREACHABLE",
    "57": "E_DATABASE_UNREACHABLE",
    "XX": "E_DATABASE_UNREADABLE",
}
_ENGINES = ("sqlite3", "psycopg", "django.db")


def named(error: BaseException) -> HonninError | None:
    """The error of the tree that says what happened; None for a fault that has no name.

    An error of a database that says nothing of its cause is E_RECORDS_UNAVAILABLE. A file that is not there
    has no name here: whether it should be, only the caller knows.
    """
    of_database = False
    for each in _and_causes(error):
        if isinstance(each, HonninError):
            return each
        code = _code(each)
        if code is not None:
            return Unavailable(code)
        of_database |= _is_of_engine(each)
    return Unavailable("E_RECORDS_UNAVAILABLE") if of_database else None


def _and_causes(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    for _depth in range(8):
        if each is None:
            return
        yield each
        each = each.__cause__


def _code(error: BaseException) -> str | None:
    result = getattr(error, "sqlite_errorcode", None)
    if result is not None:
        return "E_DATABASE_MOVED" if result == _SQLITE_READONLY_DBMOVED else _OF_SQLITE.get(result & 0xFF)
    if _is_of_engine(error, "psycopg"):
        return _of_postgresql(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _OF_SYSTEM.get(error.errno)
    return None


def _of_postgresql(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return _OF_POSTGRESQL.get(state) or _OF_POSTGRESQL.get(state[:2])
    if type(error).__name__ == "DataError":  # no value of Python: 'infinity', a year before the first
        return "E_RECORDS_NOT_UNDERSTOOD"
    # libpq gives no state to what fails before a server has answered, or when it has gone.
    return "E_DATABASE_UNREACHABLE" if type(error).__name__ == "OperationalError" else None


def _is_of_engine(error: BaseException, *engines: str) -> bool:
    return type(error).__module__.startswith(engines or _ENGINES)
