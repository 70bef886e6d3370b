"""What every test may use: databases with opened authorities, a clock that stands, a town to live in.

A test marked `django_db(databases="__all__")` runs in transactions that are rolled back after it. One that
needs several connections (threads, the status responder) takes `committed` instead of the mark: it sees
what others commit, and gets the databases back as they were opened. `transaction=True` cannot be used: it
would empty the journal, and the database refuses that.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django.conf import settings as installation
from django.db import connections
from pytest_django import DjangoDbBlocker, Settings

from honnin.clock import FixedClock
from tests.support.card.keys import KeyPool
from tests.support.instants import NOW, OPENED_AT

if TYPE_CHECKING:  # the rooms are loaded when the first test needs them
    from playwright.sync_api import Browser

    from tests.support.console import Console
    from tests.support.town import Town

pytest_plugins = ["tests.clauses_plugin"]

# Otherwise each process that a test starts compiles every module anew, which takes it longer than its work.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long one example takes is the machine's matter: a busy one fails no property.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run only the tests that are marked `long`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test marked `long` runs with --long alone, and then nothing else does."""
    wanted = config.getoption("--long")
    left_out = [item for item in items if ("long" in item.keywords) != wanted]
    items[:] = [item for item in items if ("long" in item.keywords) == wanted]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def opened_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where copies of the databases lie, as they were after the authorities were opened."""
    return tmp_path_factory.mktemp("opened")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, opened_databases: Path
) -> Iterator[None]:
    """All databases of the installation, with both authorities and the municipalities in them.

    They are the installation's own (`tests.settings`), so that whoever opens it by its folder finds them.
    """
    from honnin.simulator.installation import fill_register
    from honnin.sites.opening import migrate, open_roles

    with django_db_blocker.unblock():
        migrate()
        open_roles(FixedClock(OPENED_AT))
        fill_register((), at=OPENED_AT)
        for alias in connections:
            with sqlite3.connect(opened_databases / alias) as copy:
                connections[alias].connection.backup(copy)
            copy.close()
        for heads in _heads():
            shutil.copy(heads, opened_databases)
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def committed(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, opened_databases: Path
) -> Iterator[None]:
    """Databases on which everything is really committed; put back to their opening afterwards."""
    with django_db_blocker.unblock():
        yield
        for alias in connections:
            connections[alias].ensure_connection()
            connections[alias].connection.execute("PRAGMA query_only = OFF")
            with sqlite3.connect(opened_databases / alias) as copy:
                copy.backup(connections[alias].connection)
            copy.close()


@pytest.fixture(autouse=True)
def journal_heads(opened_databases: Path) -> Iterator[Path]:
    """The file of the agency's signed heads; each role's is put back to its opening, as its journal is."""
    yield installation.HONNIN_JOURNAL_HEADS
    for path in _heads():
        if (opened_databases / path.name).exists():  # unless no test has opened the databases yet
            shutil.copy(opened_databases / path.name, path)


@pytest.fixture(autouse=True)
def everything_written_is_told(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test's acts wrote, their journals tell it as it stands: who forgets a row fails here.

    A test that writes rows past the acts, as somebody who alters the records would, is marked
    `alters_records`.
    """
    databases = {"committed": "committed" in request.fixturenames}
    databases["_django_db_helper"] = request.node.get_closest_marker("django_db") is not None
    used = [name for name, wanted in databases.items() if wanted]
    for name in used:
        request.getfixturevalue(name)  # so that the rows are still there when this test ends
    yield
    if used and request.node.get_closest_marker("alters_records") is None:
        from honnin.agency.records.journal import JOURNAL
        from honnin.journal.rows import row_faults
        from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY

        assert [*row_faults(JOURNAL), *row_faults(MUNICIPALITY)] == []


def _heads() -> tuple[Path, Path]:
    return installation.HONNIN_JOURNAL_HEADS, installation.HONNIN_MUNICIPALITY_JOURNAL_HEADS


@pytest.fixture(scope="session")
def key_pool() -> KeyPool:
    """Key pairs for virtual cards, so that not every card waits for its own."""
    return KeyPool()


@pytest.fixture
def clock() -> Iterator[FixedClock]:
    """A clock that stands at NOW until it is moved; the agency at the end of the line lives by it."""
    from honnin.sites.lines.wiring import connect_in_process

    fixed = FixedClock(NOW)
    connect_in_process(fixed)
    yield fixed
    connect_in_process()


@pytest.fixture
def town(clock: FixedClock, key_pool: KeyPool) -> "Town":
    """A municipality with its counter, its residents and their cards (`tests.support.town.Town`)."""
    from tests.support.town import Town

    return Town(clock, key_pool)


@pytest.fixture
def console(town: "Town", tmp_path: Path, settings: Settings) -> "Console":
    """The staff console over the town (`tests.support.console.Console`); its cards are files in a folder."""
    from tests.support.console import Console

    cards = tmp_path / "cards"
    cards.mkdir()
    settings.HONNIN_CARDS = cards
    settings.HONNIN_CLOCK = town.clock
    return Console(town, cards)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The browser that all tests share (`playwright.sync_api.Browser`)."""
    from tests.support.chromium import running_chromium

    with running_chromium() as browser:
        yield browser
