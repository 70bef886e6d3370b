"""Copies of an installation where nobody can write: verified and audited, and left as they were."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tests.support.databases.copies import DATABASES, all_open, clean
from tests.support.databases.engines import environment_of, require_postgresql
from tests.support.installations import honnin
from tests.support.processes import plain_environment

VERIFIED = (("journal", "verify"), ("status", "audit"))
# To root a closed folder is open, unless this is taken away.
AS_EVERYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stopped, after acts that came later than the last checkpoint would have been."""
    home = tmp_path_factory.mktemp("installation") / "home"
    assert honnin(home, "authority", "init").returncode == 0
    return home


def hot(home: Path, copy: Path) -> None:
    """While somebody has it open, by SQLite's own backup."""
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*.sqlite3*"))
    for name in DATABASES:
        with closing(sqlite3.connect(home / name)) as source, closing(sqlite3.connect(copy / name)) as target:
            source.backup(target)


def killed(home: Path, copy: Path) -> None:
    """Every file as it lay there when the machine was cut off: with the log."""
    with all_open(home):
        assert honnin(home, "authority", "crl").returncode == 0
        assert (home / "agency.sqlite3-wal").stat().st_size
        shutil.copytree(home, copy)


def killed_without_index(home: Path, copy: Path) -> None:
    """The same, and only databases and logs were kept."""
    killed(home, copy)
    for name in DATABASES:
        (copy / f"{name}-shm").unlink()


def close(copy: Path) -> None:
    """Nobody may write it."""
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def content(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def as_everybody(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*AS_EVERYBODY, sys.executable, "-m", "honnin", *words]
    environment = plain_environment(home)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """Where a copy will lie; it can be removed afterwards."""
    yield tmp_path / "copy"
    for path in [path for path in tmp_path.rglob("*") if path.is_dir()]:
        path.chmod(0o755)


@pytest.mark.parametrize("made", [clean, hot, killed, killed_without_index], ids=lambda made: made.__name__)
def test_a_copy_is_verified_and_audited_without_a_trace(
    installation: Path, copy: Path, made: Callable[[Path, Path], None]
) -> None:
    made(installation, copy)
    entries = json.loads(honnin(installation, "journal", "verify", "--json").stdout)["agency"]["entries"]
    close(copy)
    before = content(copy)
    told = as_everybody(copy, "journal", "verify", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout)["agency"]["entries"] == entries
    audit = as_everybody(copy, "status", "audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert content(copy) == before


def test_a_copy_without_keys_is_verified_with_the_published_ones(
    installation: Path, copy: Path, tmp_path: Path
) -> None:
    clean(installation, copy)
    shutil.rmtree(copy / "keys")
    close(copy)
    before = content(copy)
    told = as_everybody(copy, "journal", "verify")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "verified with journal-key.pem" in told.stderr
    audit = as_everybody(copy, "status", "audit", "--without-keys")
    assert (audit.returncode, audit.stderr.startswith("not compared: the rows")) == (0, True), audit.stderr
    assert "the responder's answers" in audit.stderr
    missed = as_everybody(copy, "status", "audit")
    assert (missed.returncode, "keys/journal.pem: missing" in missed.stdout) == (6, True)
    kept = tmp_path / "kept.pem"
    shutil.copy(installation / "municipality-journal-key.pem", kept)
    other = as_everybody(copy, "journal", "verify", "--role", "agency", "--key", str(kept))
    assert (other.returncode, "signature is broken" in other.stdout) == (6, True)
    key = load_pem_public_key((installation / "journal-key.pem").read_bytes())
    kept.write_bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    own = as_everybody(copy, "journal", "verify", "--role", "agency", "--key", str(kept))
    assert own.returncode == 0, own.stdout
    assert content(copy) == before


def test_a_published_key_that_is_not_the_one_that_signs_is_named(installation: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    clean(installation, copy)
    (copy / "journal-key.pem").write_bytes((copy / "municipality-journal-key.pem").read_bytes())
    told = honnin(copy, "journal", "verify")
    assert (told.returncode, "journal-key.pem: not the key that signs the heads" in told.stdout) == (6, True)


def test_a_copy_of_heads_is_recognised_by_who_signed_it(installation: Path, tmp_path: Path) -> None:
    for role, name in (
        ("agency", "journal-heads.jsonl"),
        ("municipality", "municipality-journal-heads.jsonl"),
    ):
        kept = tmp_path / "kept.jsonl"
        shutil.copy(installation / name, kept)
        assert honnin(installation, "journal", "verify", "--heads", str(kept)).returncode == 0
        other = {"agency": "municipality", "municipality": "agency"}[role]
        told = honnin(installation, "journal", "verify", "--heads", str(kept), "--role", other)
        assert (told.returncode, f"heads of another journal ({role})" in told.stderr) == (2, True)


@pytest.mark.parametrize("extension", [False, True], ids=["plain", "with amcheck"])
def test_a_database_server_that_lets_nobody_write_is_audited(tmp_path: Path, extension: bool) -> None:
    """As a standby, or as a user who may only read."""
    require_postgresql()
    import psycopg

    with environment_of("postgresql", tmp_path / "home") as environment:
        command = [sys.executable, "-m", "honnin"]
        subprocess.run([*command, "authority", "init"], env=environment, check=True, capture_output=True)
        for name in [name for name in environment if name.endswith("_DATABASE")]:
            with psycopg.connect(environment[name], autocommit=True) as database:
                if extension:
                    database.execute("CREATE EXTENSION amcheck")
                database.execute(
                    f"ALTER DATABASE {database.info.dbname} SET default_transaction_read_only = on"
                )
        before = content(tmp_path / "home")
        for words in VERIFIED:
            told = subprocess.run(
                [*command, *words], env=environment, check=False, capture_output=True, text=True
            )
            assert told.returncode == 0, told.stdout + told.stderr
        assert content(tmp_path / "home") == before


def test_an_index_of_postgresql_that_lacks_rows_is_found(tmp_path: Path) -> None:
    """Made by a condition that nobody knows of, as a superuser can; a page that is lost does the same."""
    require_postgresql()
    import psycopg

    with environment_of("postgresql", tmp_path / "home") as environment:
        command = [sys.executable, "-m", "honnin"]
        subprocess.run([*command, "authority", "init"], env=environment, check=True, capture_output=True)
        with psycopg.connect(environment["HONNIN_AGENCY_DATABASE"], autocommit=True) as database:
            table = "agency_records_person"
            database.execute(
                f"INSERT INTO {table} SELECT to_char(number, 'FM00000000000'), 0, false "
                "FROM generate_series(1, 1000) AS number"
            )
            database.execute(
                f"CREATE UNIQUE INDEX fewer ON {table} (person_code) WHERE person_code > '00000000003'"
            )
            database.execute(
                "UPDATE pg_index SET indpred = NULL, indimmediate = true WHERE indexrelid = 'fewer'::regclass"
            )
            database.execute(f"VACUUM ANALYZE {table}")
        told = subprocess.run(
            [*command, "status", "audit"], env=environment, check=False, capture_output=True, text=True
        )
        assert (told.returncode, f"{table} has 1000 rows, by its index 997" in told.stdout) == (6, True), told
