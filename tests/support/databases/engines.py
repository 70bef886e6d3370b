"""PostgreSQL beside SQLite, where a machine has it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.databases import postgresql


def require_postgresql() -> None:
    if postgresql.is_installed():
        return
    if os.environ.get("HONNIN_REQUIRE_CONFORMANCE") == "1":
        pytest.fail("PostgreSQL 15 is not installed: run tools/test-packages")
    pytest.skip("PostgreSQL 15 is not installed")


@contextmanager
def environment_of(engine: str, home: Path) -> Iterator[dict[str, str]]:
    """The environment of a new installation in `home`: SQLite files, or a PostgreSQL server of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HONNIN_", "DJANGO_"))}
    kept["PYTHONPATH"] = os.pathsep.join((str(Path("src").resolve()), str(Path().resolve())))
    kept |= {"HONNIN_HOME": str(home), "LC_ALL": "C.UTF-8"}
    with ExitStack() as running:
        if engine == "postgresql":
            address = running.enter_context(postgresql.server())
            for role in ("agency", "municipality", "accounts"):
                kept[f"HONNIN_{role.upper()}_DATABASE"] = postgresql.create_database(address, role)
        yield kept
