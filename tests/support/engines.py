"""PostgreSQL beside SQLite, where a machine has it."""

import os

import pytest

from tests.support import postgresql


def require_postgresql() -> None:
    if postgresql.is_installed():
        return
    if os.environ.get("HONNIN_REQUIRE_CONFORMANCE") == "1":
        pytest.fail("PostgreSQL 15 is not installed: run tools/test-packages")
    pytest.skip("PostgreSQL 15 is not installed")
