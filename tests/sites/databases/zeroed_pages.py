"""Zeroes every STEP-th page of a role's database, one at a time, and prints which of them no audit missed.

Run as `python -m tests.sites.databases.zeroed_pages ROLE STEP FIRST` with HONNIN_HOME, an
installation that nobody runs. Prints as JSON the pages whose loss nothing told, and how many were tried.
Empty ones are left out.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator

os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"

from honnin.sites.home import only_read, present_home

only_read()

import django  # noqa: E402

django.setup()

from django.db import connections  # noqa: E402

from honnin.clock import SystemClock  # noqa: E402
from honnin.errors import HonninError  # noqa: E402
from honnin.sites.audit.comparison import audit_status  # noqa: E402
from honnin.sites.journals import JOURNALS, prove  # noqa: E402


def pages_with_data(role: str) -> Iterator[tuple[int, int]]:
    """Offset and length of each; there is none without after a VACUUM."""
    path = present_home().database(role)
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(size,)] = database.execute("PRAGMA page_size").fetchall()
        [(free,)] = database.execute("PRAGMA freelist_count").fetchall()
    database.close()
    assert free == 0
    for offset in range(0, path.stat().st_size, size):
        yield offset, size


def is_told(role: str) -> bool:
    """Whether an audit says that something is wrong."""
    try:
        if audit_status(SystemClock()).faults:
            return True
        return role in JOURNALS and bool(prove(role).faults)
    except HonninError:
        return True
    finally:
        connections.close_all()


def main() -> None:
    role, step, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pages = list(pages_with_data(role))
    assert not is_told(role), "there is a fault before there was one"
    untold, tried = [], pages[first::step]
    with present_home().database(role).open("r+b") as file:
        for offset, size in tried:
            file.seek(offset)
            content = file.read(size)
            file.seek(offset)
            file.write(bytes(size))
            file.flush()
            if any(content) and not is_told(role):
                untold.append(offset // size + 1)
            file.seek(offset)
            file.write(content)
            file.flush()
    assert not is_told(role), "it was not put back"
    sys.stdout.write(json.dumps({"untold": untold, "tried": len(tried)}))


if __name__ == "__main__":
    main()
