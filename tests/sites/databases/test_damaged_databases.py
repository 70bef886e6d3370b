"""Databases that were damaged, cut, replaced or deleted, files that are gone: each found, and named."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from honnin.sites.databases.open_files import replaced_while_open
from tests.support.databases.copies import all_open, clean
from tests.support.installations import honnin
from tests.support.processes import plain_environment

ROLES = ("agency", "municipality", "accounts")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("opened") / "home"
    assert honnin(home, "authority", "init").returncode == 0
    return home


@pytest.fixture
def home(opened: Path, tmp_path: Path) -> Path:
    clean(opened, tmp_path / "home")
    return tmp_path / "home"


# — Pages ———————————————————————————————————————————————————————————————————————————————————————————————


def zero_pages(home: Path, role: str, *, step: int, first: int) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.sites.databases.zeroed_pages", role, str(step), str(first)]
    environment = plain_environment(home)
    environment["PYTHONPATH"] = os.pathsep.join((str(Path("src").resolve()), str(Path().resolve())))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=3000)
    assert done.returncode == 0, done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("role", ROLES)
def test_a_zeroed_page_is_found(home: Path, role: str) -> None:
    """Every twelfth; which, goes by the run."""
    told = zero_pages(home, role, step=12, first=os.getpid() % 12)
    assert told["untold"] == []
    assert told["tried"]


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_each_zeroed_page_is_found(home: Path, role: str) -> None:
    assert zero_pages(home, role, step=1, first=0)["untold"] == []


def test_an_index_that_lacks_a_row_of_its_table_is_found(home: Path) -> None:
    with closing(sqlite3.connect(home / "agency.sqlite3", isolation_level=None)) as database:
        [(index,)] = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NULL "
            "AND tbl_name = 'agency_records_journalentry' LIMIT 1"
        )
        database.execute("PRAGMA writable_schema = ON")
        database.execute("CREATE TABLE other AS SELECT * FROM agency_records_journalentry LIMIT 2")
        database.execute("CREATE UNIQUE INDEX fewer ON other (sequence)")
        [(fewer,)] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'fewer'")
        database.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", (fewer, index))
    told = honnin(home, "status", "audit")
    assert (told.returncode, "agency.sqlite3: damaged: row" in told.stdout) == (6, True), told.stdout


# — Files ———————————————————————————————————————————————————————————————————————————————————————————————


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to look like one" * 100)


@pytest.mark.parametrize("damage", [halve, overwrite, empty, Path.unlink], ids=lambda each: each.__name__)
@pytest.mark.parametrize("role", ["agency", "municipality"])
def test_a_database_that_is_no_whole_one_is_named(
    home: Path, role: str, damage: Callable[[Path], None]
) -> None:
    damage(home / f"{role}.sqlite3")
    for words in (("journal", "verify", "--role", role), ("status", "audit")):
        told = honnin(home, *words)
        said = told.stdout + told.stderr
        assert told.returncode in (6, 8), said
        assert f"{role}.sqlite3" in said
        assert "Traceback" not in said
        if damage in (empty, Path.unlink):
            assert "[E_DATABASE_MISSING]" in said
        else:
            assert "damaged" in said


@pytest.mark.parametrize("name", ["journal-heads.jsonl", "municipality-journal-heads.jsonl"])
def test_heads_that_are_gone_or_an_earlier_state_of_the_file_are_named(home: Path, name: str) -> None:
    older = (home / name).read_bytes()
    if name == "journal-heads.jsonl":
        assert honnin(home, "authority", "crl").returncode == 0
        newest = (home / name).read_bytes()
        (home / name).write_bytes(older)
        told = honnin(home, "journal", "verify")
        assert f"{name}: the heads end before the newest that the database knows of" in told.stdout
        assert told.returncode == 6
        (home / name).write_bytes(newest)
        assert honnin(home, "journal", "verify").returncode == 0
    (home / name).unlink()
    told = honnin(home, "journal", "verify")
    assert (told.returncode, name in told.stdout) == (6, True), told.stdout


def test_a_log_that_was_deleted_with_what_was_signed_is_found(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with all_open(home):
        assert honnin(home, "authority", "crl").returncode == 0
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    told = honnin(copy, "journal", "verify")
    assert told.returncode == 6
    assert "the entry it speaks of is missing" in told.stdout
    told = honnin(copy, "status", "audit")
    assert (told.returncode, "the journal knows of no list" in told.stdout) == (6, True), told.stdout


@pytest.mark.parametrize("name", ["journal.pem", "municipality-journal.pem", "signature-ca-1-*.pem"])
def test_a_key_that_is_gone_is_named(home: Path, name: str) -> None:
    [key] = (home / "keys").glob(name)
    key.unlink()
    told = honnin(home, "status", "audit")
    assert (told.returncode, f"keys/{key.name}: missing" in told.stdout) == (6, True), told.stdout


def test_a_trigger_that_was_taken_away_is_found(home: Path) -> None:
    name = "agency_records_journalentry_no_replace"
    with closing(sqlite3.connect(home / "agency.sqlite3")) as database:
        database.execute(f"DROP TRIGGER {name}")
    told = honnin(home, "status", "audit")
    assert (told.returncode, f"the trigger {name}" in told.stdout) == (6, True), told.stdout


# — Files that somebody has open ————————————————————————————————————————————————————————————————————————


def replace(path: Path) -> None:
    new = path.with_name("new")
    shutil.copy(path, new)
    new.replace(path)


def move(path: Path) -> None:
    path.rename(path.with_name("aside"))


def move_and_copy(path: Path) -> None:
    move(path)
    shutil.copy(path.with_name("aside"), path)


def delete_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


@pytest.mark.parametrize(
    "attack", [replace, move, move_and_copy, delete_log, Path.unlink], ids=lambda each: each.__name__
)
def test_a_file_that_was_replaced_while_a_process_has_it_open_is_found(
    tmp_path: Path, attack: Callable[[Path], None]
) -> None:
    path = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as held:
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("CREATE TABLE one (x)")
        assert replaced_while_open(path) == []
        attack(path)
        name = "some.sqlite3-wal" if attack is delete_log else "some.sqlite3"
        assert replaced_while_open(path) == [
            f"replaced or deleted while process {os.getpid()} had {name} open"
        ]


def test_who_opens_and_closes_is_not_accused(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    for _ in range(30):
        with closing(sqlite3.connect(path, isolation_level=None)) as held:
            held.execute("PRAGMA journal_mode = WAL")
            held.execute("CREATE TABLE IF NOT EXISTS one (x)")
            assert replaced_while_open(path) == []
    assert replaced_while_open(path) == []


def test_databases_that_were_exchanged_are_called_that(home: Path) -> None:
    agency, municipality = home / "agency.sqlite3", home / "municipality.sqlite3"
    agency.rename(home / "aside")
    municipality.rename(agency)
    (home / "aside").rename(municipality)
    for words in (("journal", "verify"), ("status", "audit"), ("authority", "init")):
        told = honnin(home, *words)
        assert (told.returncode, "[E_DATABASE_OF_ANOTHER_ROLE]" in told.stderr) == (6, True), told.stderr
        assert "agency.sqlite3 is not that of the agency" in told.stderr
