"""Where the database of each role is."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from honnin.errors import Malformed, Unavailable
from honnin.sites.databases.reading import reading_address
from honnin.sites.home import Home

# FULL: a certificate that was handed out must be in the record after a power cut. IMMEDIATE: two writers
# wait for one another instead of failing in the middle.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA busy_timeout=10000;PRAGMA foreign_keys=ON;"
    ),
}


def database(role: str, home: Home) -> dict[str, Any]:
    """Django's description of a role's database: PostgreSQL where configured, else SQLite in the home.

    Raises what `postgresql_address` and `Home.require_database` raise.
    """
    address = postgresql_address(role)
    if address:
        return _postgresql(address, only_read=home.is_only_read)
    if not home.is_without_keys:  # a copy for an auditor may be of one role
        home.require_database(role)
    if home.is_only_read:
        return _only_read(home.database(role))
    file = home.database(role)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": SQLITE_OPTIONS | {"factory": _existing(role, home)},
        "CONN_MAX_AGE": None,
    }


def _existing(role: str, home: Home) -> type[sqlite3.Connection]:
    """SQLite makes a file that is not there; beside the keys of an authority it would be another's."""

    class Existing(sqlite3.Connection):
        def __init__(self, database: str, *arguments: Any, **more: Any) -> None:
            if database == str(home.database(role)) and not home.is_without_keys:
                home.require_database(role)
            super().__init__(database, *arguments, **more)

    return Existing


def postgresql_address(role: str) -> str | None:
    """The address of a role's PostgreSQL database, or None where it is not configured.

    Raises Malformed E_DATABASE_ADDRESS, Unavailable E_DATABASE_DRIVER without psycopg.
    """
    variable = f"HONNIN_{role.upper()}_DATABASE"
    address = os.environ.get(variable)
    if not address:
        return None
    try:
        parts = urlsplit(address)
        meant = parts.scheme == "postgresql" and parts.path.strip("/") and parts.port != 0
    except ValueError:  # the port is none
        meant = False
    if not meant:
        raise Malformed("E_DATABASE_ADDRESS", variable=variable)
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise Unavailable("E_DATABASE_DRIVER", variable=variable) from error
    return address


def _only_read(file: Path) -> dict[str, Any]:
    address, first = reading_address(file) if file.exists() else (f"{file.as_uri()}?mode=ro", "")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": address,
        "OPTIONS": {"timeout": 10, "init_command": ";".join(filter(None, (first, "PRAGMA query_only=ON")))},
        "CONN_MAX_AGE": None,
    }


def _postgresql(address: str, *, only_read: bool) -> dict[str, Any]:
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if only_read:
        options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
    }
