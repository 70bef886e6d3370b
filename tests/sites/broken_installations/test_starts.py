"""Starts that were cut off, that come twice, or that cannot be meant."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from honnin.card.chip.state import CardState
from honnin.sites.home import Home
from tests.sites.broken_installations.contents import content, execute
from tests.support.installations import OPEN, PEOPLE, honnin, open_again, require_named
from tests.support.processes import free_port, plain_environment


def test_cards_that_were_not_made_are_made_at_the_next_start(home: Path) -> None:
    cards = sorted((home / "cards").glob("*.json"))
    assert len(cards) == PEOPLE
    whole = CardState.from_json(cards[1].read_bytes())
    kept = cards[0].read_bytes()
    cards[1].unlink()  # registered, and cut off before the file was written
    cards[3].unlink()  # cut off before it was registered
    execute(home, "agency", "DELETE FROM agency_cards_card WHERE card_number = ?", cards[3].stem)
    open_again(home)
    assert sorted((home / "cards").glob("*.json")) == cards
    assert cards[0].read_bytes() == kept
    assert CardState.from_json(cards[1].read_bytes()) == whole
    registered = execute(home, "agency", "SELECT card_number FROM agency_cards_card ORDER BY 1")
    assert registered == [(path.stem,) for path in cards]


def test_a_lost_card_with_a_certificate_and_an_invalidated_one_are_not_made_again(home: Path) -> None:
    lost, invalid = sorted((home / "cards").glob("*.json"))[:2]
    lost.unlink()
    invalid.unlink()
    columns = {
        row[1]: "" for row in execute(home, "agency", "PRAGMA table_info(agency_records_issuancerecord)")
    }
    del columns["id"]
    columns |= {"card_number": lost.stem, "serial_number": "7", "purpose": "signature"}
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT INTO agency_records_issuancerecord ({names}) VALUES ({marks})"
    execute(home, "agency", insert, *columns.values())
    execute(home, "agency", "UPDATE agency_cards_card SET valid = 0 WHERE card_number = ?", invalid.stem)
    open_again(home)
    assert not lost.exists()
    assert not invalid.exists()
    assert len(list((home / "cards").glob("*.json"))) == PEOPLE - 2


def test_lost_passwords_are_made_anew_and_open_the_accounts(home: Path) -> None:
    before = open_again(home)
    (home / "keys" / "demo-logins.json").unlink()
    after = open_again(home)
    assert all(after["opened"])
    assert not set(after["passwords"]) & set(before["passwords"])
    assert open_again(home) == after


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", "[1]", "\udce4", '[{"user_name": "hanako"}]', "nobody", "no password"],
)
def test_damaged_passwords_are_named_and_kept(home: Path, damaged: str) -> None:
    path = home / "keys" / "demo-logins.json"
    logins = json.loads(path.read_text("utf-8"))
    if damaged == "nobody":
        logins[0]["user_name"] = "nobody"
    if damaged == "no password":
        logins[0]["password"] = None
    text = json.dumps(logins) if damaged in ("nobody", "no password") else damaged
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = subprocess.run(
        [sys.executable, "-c", OPEN], env=plain_environment(home), capture_output=True, text=True, check=False
    )
    assert "honnin.errors.Malformed: E_LOGINS_UNREADABLE" in done.stderr
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")


# — Two at once, and what cannot be meant —————————————————————————————————————————————————————————————


def test_one_home_is_up_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.held():
        before = content(home.root)
        done = honnin(home.root, "up", "--port", str(free_port()), "--ocsp-port", str(free_port()))
        require_named(done, "E_ALREADY_UP")
        assert content(home.root) == before
    with home.held():
        pass


@pytest.mark.parametrize(
    "words",
    [
        ("up", "--port", "80000"),
        ("up", "--port", "0"),
        ("up", "--ocsp-port", "-1"),
        ("up", "--population", "-5"),
        ("up", "--population", "0"),
        ("demo", "--out", "README.md"),
        ("demo", "--out", "/proc/x"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = honnin(tmp_path / "home", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert words[1] in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("target", ["/proc/t", "nowhere/t"])
def test_a_place_that_cannot_be_written_is_named_before_the_pin_is_asked(home: Path, target: str) -> None:
    card = next((home / "cards").glob("*.json"))
    for words in (("login", "https://rp.example", "--nonce", "x" * 44), ("sign", "README.md")):
        done = honnin(home, *words, "--card", card, "--out", target)
        assert done.returncode == 2
        assert "cannot be written" in done.stderr
        assert "PIN" not in done.stderr
        assert "Traceback" not in done.stderr


def test_trying_a_place_leaves_nothing(home: Path, tmp_path: Path) -> None:
    card, folder = next((home / "cards").glob("*.json")), tmp_path / "out"
    folder.mkdir()
    done = honnin(home, "sign", "README.md", "--card", card, "--out", folder / "signed.pdf")
    assert "cannot be written" not in done.stderr
    assert list(folder.iterdir()) == []


def test_an_ending_that_several_cards_share_is_ambiguous(home: Path) -> None:
    done = honnin(home, "card", "show", "")
    require_named(done, "E_CARD_FILE_MISSING", 9)
    (home / "cards" / "OTHER1.json").write_bytes(b"{}")
    done = honnin(home, "card", "show", "1")
    require_named(done, "E_CARD_NAME_AMBIGUOUS", 9)
    assert "2 cards" in done.stderr
