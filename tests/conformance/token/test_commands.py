"""An installation's commands with a key in a token: moved there, or made there."""

import json
import subprocess
from pathlib import Path

import pytest

from honnin.card.scp03 import cmac
from tests.conformance.token.keys import KEY
from tests.support.hsm import PIN, SoftToken
from tests.support.installations import honnin

pytestmark = pytest.mark.conformance


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_installation_moves_its_key_from_a_file_into_the_token(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told(honnin(home, "authority", "init"))
    first = home / "keys" / "card-master-key"
    value = cmac(bytes.fromhex(first.read_text()), bytes(16))[:5].hex().upper()
    assert told(honnin(home, "authority", "card-keys", "show")) == [
        "custody: file",
        f"version 30: check value {value}, cards: 0, valid: 0",
    ]
    assert told(honnin(home, "authority", "card-keys", "rotate")) == ["31"]
    assert honnin(home, "authority", "card-keys", "move-to-token").returncode == 2
    # With the token and without its keys nothing goes on, and nothing is made.
    for words in (("init",), ("card-keys", "rotate")):
        done = honnin(home, "authority", *words, **soft.environment)
        assert (done.returncode, "[E_KEY_TOKEN_NO_KEY]" in done.stderr) == (8, True), done.stderr
    for _ in range(2):
        moved = told(honnin(home, "authority", "card-keys", "move-to-token", **soft.environment))
        assert moved[0] == f"version 30: check value {value}"
        assert len(moved) == 2
    for name in ("card-master-key", "card-master-key-31"):
        (home / "keys" / name).unlink()
    assert told(honnin(home, "authority", "card-keys", "rotate", **soft.environment)) == ["32"]
    shown = told(honnin(home, "authority", "card-keys", "show", **soft.environment))
    assert shown[:3] == [f"custody: token {soft.label}", *(f"{line}, cards: 0, valid: 0" for line in moved)]
    assert shown[3].startswith("version 32: ")
    assert told(honnin(home, "journal", "verify", **soft.environment))
    # Without the token the files are missed.
    done = honnin(home, "authority", "show")
    assert (done.returncode, "[E_KEY_UNAVAILABLE]" in done.stderr) == (8, True), done.stderr


def test_another_key_under_the_name_is_not_taken_for_it(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told(honnin(home, "authority", "init"))
    soft.import_key("card-master-key", KEY)
    done = honnin(home, "authority", "card-keys", "move-to-token", **soft.environment)
    assert (done.returncode, "[E_KEY_TOKEN_OTHER_KEY]" in done.stderr) == (7, True), done.stderr


def test_a_new_installation_makes_its_key_in_the_token(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    soft.pin_file.write_text("654321")
    done = honnin(home, "authority", "init", **soft.environment)
    assert (done.returncode, "[E_KEY_TOKEN_PIN]" in done.stderr) == (8, True), done.stderr
    assert not list(home.glob("*.sqlite3"))
    soft.pin_file.write_text(PIN)
    told(honnin(home, "authority", "init", **soft.environment))
    told(honnin(home, "authority", "init", **soft.environment))
    shown = json.loads(
        "\n".join(told(honnin(home, "authority", "card-keys", "show", "--json", **soft.environment)))
    )
    assert shown["custody"] == f"token {soft.label}"
    assert [each["version"] for each in shown["versions"]] == ["30"]
    assert not (home / "keys" / "card-master-key").exists()
