"""Installations that were robbed of a secret: nothing is replaced that protects something."""

from collections.abc import Callable
from pathlib import Path

import pytest

from honnin.errors import Unavailable
from honnin.sites.home import Home
from tests.sites.broken_installations.contents import content
from tests.support.installations import honnin, require_named


@pytest.mark.parametrize("name", ["passphrase", "card-master-key", "session-secret"])
def test_a_lost_secret_is_not_replaced(home: Path, name: str) -> None:
    (home / "keys" / name).unlink()
    before = content(home / "keys")
    for words in (("authority", "show"), ("authority", "init"), ("journal", "verify")):
        done = honnin(home, *words)
        require_named(done, "E_KEY_UNAVAILABLE")
        assert f"The file {name} in the folder of keys" in done.stderr
    assert content(home / "keys") == before


@pytest.mark.parametrize("key", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_a_master_key_that_is_none_is_noticed_at_the_start(home: Path, key: str) -> None:
    (home / "keys" / "card-master-key").write_text(key)
    done = honnin(home, "authority", "init")
    require_named(done, "E_KEY_UNAVAILABLE")
    assert "card-master-key" in done.stderr


def test_a_lost_key_of_the_journal_is_not_replaced(home: Path) -> None:
    (home / "keys" / "journal.pem").unlink()
    done = honnin(home, "authority", "crl")
    require_named(done, "E_KEY_UNAVAILABLE")
    assert "journal.pem" in done.stderr
    assert not (home / "keys" / "journal.pem").exists()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("nothing")])
def test_a_journal_whose_key_is_lost_is_proved_with_the_published_one(
    home: Path, damage: Callable[[Path], object]
) -> None:
    damage(home / "keys" / "journal.pem")
    done = honnin(home, "journal", "verify")
    assert done.returncode == 0, done.stderr
    assert "heads were verified with journal-key.pem" in done.stderr
    assert "municipality-journal-key.pem" not in done.stderr
    (home / "journal-key.pem").unlink()
    done = honnin(home, "journal", "verify")
    require_named(done, "E_KEY_UNAVAILABLE")
    assert "journal.pem" in done.stderr


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("zz")])
def test_a_lost_key_of_the_copies_of_evidence_is_found(home: Path, damage: Callable[[Path], object]) -> None:
    damage(home / "keys" / "evidence-key")
    done = honnin(home, "status", "audit")
    assert done.returncode == 6
    assert "keys/evidence-key: missing, damaged, or not the key of the copies sealed under it" in done.stdout


def test_a_passphrase_from_outside_is_not_written_down(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", {"HONNIN_KEY_PASSPHRASE": "kept elsewhere"}
    assert honnin(home, "authority", "init", **outside).returncode == 0
    require_named(honnin(home, "authority", "show"), "E_KEY_UNAVAILABLE")
    assert not (home / "keys" / "passphrase").exists()
    assert honnin(home, "authority", "crl", **outside).returncode == 0


@pytest.mark.parametrize(
    "trace", ["agency.sqlite3", "municipality.sqlite3", "accounts.sqlite3", "keys/x.pem"]
)
def test_secrets_are_made_only_before_there_is_something_to_protect(tmp_path: Path, trace: str) -> None:
    home = Home(tmp_path)
    home.secret("one")
    (tmp_path / trace).write_bytes(b"")
    assert home.secret("one")
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        home.secret("two")
    assert [path.name for path in home.keys.iterdir() if path.suffix != ".pem"] == ["one"]
