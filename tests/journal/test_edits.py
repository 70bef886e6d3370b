"""Whatever single value somebody changes, the check that decision 0012 names for it finds it."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from honnin.agency.records.journal import JOURNAL
from honnin.journal.binding import columns_of
from honnin.journal.head import Head
from honnin.journal.rows import tables
from honnin.municipality.records import journal as municipality
from tests.journal.page import PAGE, told
from tests.support.databases import postgresql
from tests.support.databases.engines import require_postgresql

FEW, MANY = 150, 10_000


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The addresses of an engine's databases, as the environment tells them."""
    with ExitStack() as stack:
        addresses: dict[str, str] = {}
        if request.param == "postgresql":
            require_postgresql()
            server = stack.enter_context(postgresql.server())
            for role in ("agency", "municipality"):
                addresses[f"HONNIN_{role.upper()}_DATABASE"] = postgresql.create_database(server, role)
        yield addresses


def edited(home: Path, databases: dict[str, str], edits: int, seed: int) -> dict[str, Any]:
    """What `tests.journal.edits_program` tells."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HONNIN_")}
    environment |= {"HONNIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "honnin.sites.settings"} | databases
    environment["PYTHONPATH"] = os.pathsep.join((str(Path("src").resolve()), str(Path().resolve())))
    command = [sys.executable, "-W", "error", "-m", "tests.journal.edits_program", str(seed), str(edits)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    content: dict[str, Any] = json.loads(result.stdout)
    assert (content["vendor"] == "postgresql") is bool(databases)
    sys.stdout.write(f"{result.stdout}\n")
    return content


def test_every_edit_that_is_not_listed_as_unseen_is_found(tmp_path: Path, databases: dict[str, str]) -> None:
    content = edited(tmp_path / "home", databases, FEW, random.randrange(10**6))
    assert content["missed"] == []
    assert content["found"] + content["unseen"] == content["edits"] >= FEW


@pytest.mark.long
def test_ten_thousand_of_them(tmp_path: Path, databases: dict[str, str]) -> None:
    content = edited(tmp_path / "home", databases, MANY, random.randrange(10**6))
    assert content["missed"] == []
    assert content["found"] + content["unseen"] == content["edits"] >= MANY


def test_the_page_tells_of_every_column_and_of_no_other() -> None:
    names = []
    for journal in (JOURNAL, municipality.JOURNAL):
        names += [f"{journal.heads.name}.{field.name}" for field in fields(Head)]
        for model in (journal.entries, journal.tails, *tables(journal)):
            names += [f"{model._meta.db_table}.{column}" for column in columns_of(model)]
    assert sorted(told()) == sorted(names)
    assert all(told().values()), "a column of which the page says nothing"


def test_what_cannot_be_seen_is_listed_before_what_can() -> None:
    text = PAGE.read_text()
    assert text.index("*What cannot be seen*") < text.index("**Every column.**")
