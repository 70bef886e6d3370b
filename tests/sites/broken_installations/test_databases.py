"""Installations that are missing, or whose databases are locked, damaged or lost: named, not worsened."""

import sqlite3
from pathlib import Path

import pytest

from honnin.clock import SystemClock
from honnin.errors import Unavailable
from honnin.sites.home import Home
from honnin.sites.responder import make_application
from honnin.sites.roles import databases
from tests.sites.broken_installations.contents import content, execute
from tests.support.installations import honnin, require_named
from tests.support.processes import free_port

READING = (
    ("authority", "show"),
    ("authority", "crl"),
    ("journal", "verify"),
    ("status", "audit"),
)
reading = pytest.mark.parametrize("words", READING, ids=" ".join)


# — Missing ———————————————————————————————————————————————————————————————————————————————————————————


@reading
def test_reading_makes_no_installation(tmp_path: Path, words: tuple[str, ...]) -> None:
    require_named(honnin(tmp_path / "home", *words), "E_AUTHORITY_NOT_OPEN")
    assert list(tmp_path.iterdir()) == []
    assert honnin(tmp_path / "home", *words, "--help").returncode == 0


@pytest.mark.parametrize("words", [("up",), ("authority", "init")], ids=" ".join)
def test_a_home_that_is_a_file_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    ports = ("--port", str(free_port()), "--ocsp-port", str(free_port())) if words == ("up",) else ()
    done = honnin(home, *words, *ports)
    require_named(done, "E_HOME_UNUSABLE")
    assert str(home) in done.stderr


# — Databases —————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("words", [*READING, ("up",)], ids=" ".join)
def test_a_damaged_database_is_named(home: Path, words: tuple[str, ...]) -> None:
    for path in home.glob("agency.sqlite3*"):
        path.unlink()
    (home / "agency.sqlite3").write_bytes(b"no database at all" * 100)
    ports = ("--port", str(free_port()), "--ocsp-port", str(free_port())) if words == ("up",) else ()
    told = honnin(home, *words, *ports)
    if words == ("status", "audit"):
        assert (told.returncode, "agency.sqlite3: damaged" in told.stdout) == (6, True), told
    elif words == ("journal", "verify"):
        require_named(told, "E_DATABASE_DAMAGED", 6)
    else:
        require_named(told, "E_DATABASE_UNREADABLE")


def test_a_locked_database_is_named(home: Path) -> None:
    with sqlite3.connect(home / "agency.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        require_named(honnin(home, "authority", "crl"), "E_DATABASE_BUSY")
        other.execute("ROLLBACK")
    other.close()
    assert honnin(home, "authority", "crl").returncode == 0


@pytest.mark.parametrize("role", databases())
def test_a_lost_database_is_not_taken_for_a_first_start(home: Path, role: str) -> None:
    for path in home.glob(f"{role}.sqlite3*"):
        path.unlink()
    before = content(home)
    ports = ("--port", str(free_port()), "--ocsp-port", str(free_port()))
    for words in (("up", *ports), ("authority", "init"), ("journal", "verify")):
        done = honnin(home, *words)
        require_named(done, "E_DATABASE_MISSING")
        assert f"{home / role}.sqlite3" in done.stderr
        left = content(home)
        left.pop("up.lock", None)
        assert left == before


@pytest.mark.parametrize("trace", ["keys/signature-ca-1-x.pem", "journal-heads.jsonl"])
@pytest.mark.parametrize("words", [("authority", "init"), ("journal", "verify")], ids=" ".join)
def test_keys_or_heads_alone_are_no_first_start(tmp_path: Path, trace: str, words: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    for name in ("passphrase", "card-master-key", "session-secret"):
        Home(home).secret(name)
    (home / trace).write_text("")
    before = content(home)
    require_named(honnin(home, *words), "E_DATABASE_MISSING")
    assert content(home) == before


def test_an_empty_database_beside_keys_is_none(home: Path) -> None:
    for path in home.glob("agency.sqlite3*"):
        path.unlink()
    (home / "agency.sqlite3").write_bytes(b"")
    before = content(home / "keys")
    done = honnin(home, "authority", "init")
    require_named(done, "E_DATABASE_MISSING")
    assert str(home / "agency.sqlite3") in done.stderr
    assert content(home / "keys") == before
    assert execute(home, "agency", "SELECT name FROM sqlite_master") == []


def test_the_status_service_does_not_start_without_its_database(home: Path) -> None:
    (home / "agency.sqlite3").unlink()
    with pytest.raises(Unavailable, match="E_DATABASE_MISSING"):
        make_application(Home(home), SystemClock())
    assert not (home / "agency.sqlite3").exists()


@pytest.mark.parametrize(
    ("variable", "value", "code", "exit_code"),
    [
        ("HONNIN_AGENCY_DATABASE", "mysql://x", "E_DATABASE_ADDRESS", 5),
        ("HONNIN_OCSP_URI", "nonsense", "E_OCSP_URI", 5),
    ],
)
def test_settings_that_cannot_be_meant_are_named(
    tmp_path: Path, variable: str, value: str, code: str, exit_code: int
) -> None:
    done = honnin(tmp_path / "home", "authority", "init", **{variable: value})
    require_named(done, code, exit_code)
    assert variable in done.stderr
    assert not list(tmp_path.rglob("*.sqlite3"))
