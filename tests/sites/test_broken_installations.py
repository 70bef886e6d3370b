"""Installations that are missing, locked, damaged, half made or robbed of a secret: named, not worsened."""

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from honnin.card.chip.state import CardState
from honnin.clock import SystemClock
from honnin.errors import Unavailable
from honnin.sites.home import Home
from honnin.sites.responder import make_application
from honnin.sites.roles import databases
from tests.support.installations import OPEN, PEOPLE, honnin, open_again, require_named
from tests.support.processes import free_port, plain_environment

READING = (
    ("authority", "show"),
    ("authority", "crl"),
    ("journal", "verify"),
    ("status", "audit"),
)
reading = pytest.mark.parametrize("words", READING, ids=" ".join)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("opened") / "home"
    assert all(open_again(home)["opened"])
    return home


@pytest.fixture
def home(opened: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(opened, tmp_path / "home"))


def content(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


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


# — Secrets ———————————————————————————————————————————————————————————————————————————————————————————


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


# — The journal ———————————————————————————————————————————————————————————————————————————————————————


def restore_older_records(home: Path) -> None:
    """The agency's database as it was before its newest journal entry."""
    with sqlite3.connect(home / "agency.sqlite3") as records:
        records.execute("DROP TRIGGER agency_records_journalentry_no_delete")
        records.execute(
            "DELETE FROM agency_records_journalentry "
            "WHERE sequence = (SELECT sequence FROM agency_records_journaltail)"
        )
        records.execute(
            "UPDATE agency_records_journaltail SET sequence = sequence - 1, entry_hash = "
            "(SELECT entry_hash FROM agency_records_journalentry ORDER BY sequence DESC LIMIT 1)"
        )
    records.close()


def remove_the_heads(home: Path) -> None:
    (home / "journal-heads.jsonl").unlink()


def put_a_wrong_line_among_the_heads(home: Path) -> None:
    with (home / "journal-heads.jsonl").open("a") as file:
        file.write('{"entry_hash": "", "previous": "", "sequence": [1], "signature": "", "signed_at": 5}\n')


@pytest.mark.parametrize(
    ("damage", "code", "exit_code"),
    [
        (restore_older_records, "E_JOURNAL_ALTERED", 6),
        (remove_the_heads, "E_JOURNAL_HEADS_MISSING", 6),
        (put_a_wrong_line_among_the_heads, "E_JOURNAL_HEADS", 8),
    ],
)
def test_a_journal_that_cannot_be_signed_is_said_and_stops_nothing_else(
    home: Path, damage: Callable[[Path], None], code: str, exit_code: int
) -> None:
    assert honnin(home, "authority", "crl").returncode == 0
    damage(home)
    (home / "publication" / "signature.crl").unlink()
    for _ in range(2):
        open_again(home)
        assert (home / "publication" / "signature.crl").exists()
    published = honnin(home, "authority", "crl")
    require_named(published, code, exit_code)
    assert "signature.crl" in published.stdout
    found = honnin(home, "journal", "verify")
    assert (found.returncode, found.stderr) == (6, "")


def test_heads_are_begun_anew_by_whoever_says_so(home: Path) -> None:
    assert honnin(home, "authority", "crl").returncode == 0
    before = (home / "journal-heads.jsonl").read_bytes()
    restore_older_records(home)
    begun = honnin(home, "journal", "begin-heads")
    assert begun.returncode == 0, begun.stderr
    assert Path(begun.stdout.strip()).read_bytes() == before
    whole = honnin(home, "journal", "verify")
    assert whole.returncode == 0
    assert "heads begun anew at entry" in whole.stdout
    with sqlite3.connect(home / "agency.sqlite3") as records:
        [(act, actor)] = records.execute(
            "SELECT act, actor FROM agency_records_journalentry ORDER BY sequence DESC LIMIT 1"
        )
    records.close()
    assert (act, actor) == ("begin heads", f"command/{pwd.getpwuid(os.getuid()).pw_name}")
    assert honnin(home, "authority", "crl").returncode == 0


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


# — A start that was cut off ——————————————————————————————————————————————————————————————————————————


def execute(home: Path, role: str, statement: str, *values: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(home / f"{role}.sqlite3") as connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows


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
