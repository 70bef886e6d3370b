"""Notices that the file of a database was taken away or exchanged while it was open.

An open connection goes on with a file that nobody can find any more. So before each request the files are
looked at, and a connection to another file than the one that is there now is closed: what comes next opens
the one that is there, or says that it is missing.
"""

import os
from typing import Any

from django.core.signals import request_started
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_File = tuple[int, int] | None


def watch_files() -> None:
    """From now on."""
    connection_created.connect(_remember)
    request_started.connect(_close_exchanged)


def _remember(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    if connection.vendor == "sqlite":
        vars(connection)["opened_file"] = _file_of(connection)


def _close_exchanged(**_signal: Any) -> None:
    for connection in connections.all(initialized_only=True):
        is_open = connection.vendor == "sqlite" and connection.connection is not None
        if is_open and vars(connection).get("opened_file") != _file_of(connection):
            connection.close()


def _file_of(connection: BaseDatabaseWrapper) -> _File:
    try:
        found = os.stat(str(connection.settings_dict["NAME"]))  # noqa: PTH116 - "file:" names are no paths
    except OSError:
        return None
    return found.st_dev, found.st_ino
