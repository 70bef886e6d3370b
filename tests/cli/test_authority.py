"""`honnin authority rollover`: what it prints and leaves, and how it ends when there is nothing to do."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from honnin.citizen.sample_document import sample_document
from honnin.cli.authority import _service
from tests.support.installations import honnin

OLD_NAMES = ("signature-1.crl", "signature-1-ca.cer", "signature-2-with-1.cer", "signature-1-with-2.pem")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert honnin(tmp_path / "home", "authority", "init").returncode == 0
    return tmp_path / "home"


def generations(home: Path) -> list[tuple[str, int, bool, str]]:
    shown = json.loads(honnin(home, "authority", "show", "--json").stdout)
    return [(each["purpose"], each["generation"], each["issues"], each["list"]) for each in shown]


def test_one_authority_rolls_over_and_the_other_stays(home: Path) -> None:
    done = honnin(home, "authority", "rollover", "signature")
    assert (done.returncode, done.stderr) == (0, "signature CA 2 issues now\n")
    published = {Path(line).name for line in done.stdout.splitlines()}
    assert published >= {*OLD_NAMES, "signature.crl", "authentication.crl"}
    assert {path.name for path in (home / "publication").iterdir()} == published
    assert generations(home) == [
        ("signature", 1, False, "signature-1.crl"),
        ("signature", 2, True, "signature.crl"),
        ("user_authentication", 1, True, "authentication.crl"),
    ]
    shown = honnin(home, "authority", "show").stdout
    assert "answers for what it issued, list signature-1.crl" in shown
    assert shown.count("; roll over by ") == 2
    assert honnin(home, "journal", "verify").stdout.endswith("heads: whole\n")


def test_which_generation_issued_a_certificate_can_be_looked_up(home: Path) -> None:
    card = honnin(home, "card", "create", "old-authority", "--roll-over").stdout.strip()
    shown = json.loads(honnin(home, "authority", "show", "--json").stdout)
    said = json.loads(honnin(home, "certificate", "show", card, "--json").stdout)["issuer_key_id"]
    assert [(each["purpose"], each["generation"]) for each in shown if each["key_id"] == said] == [
        ("user_authentication", 1)
    ]
    root = honnin(home, "certificate", "show", home / "publication" / "signature-ca.cer")
    assert "issuer_key_id: –" in root.stdout


@pytest.mark.parametrize(
    ("today", "issues", "published", "said"),
    [
        (date(2030, 11, 26), True, "signature.crl", "issues, list signature.crl; roll over by 2030-11-26"),
        (
            date(2030, 11, 27),
            True,
            "signature.crl",
            "issues, list signature.crl; ROLL OVER NOW: since 2030-11-26 some certificates would outlive it",
        ),
        (date(2030, 11, 27), False, "signature-1.crl", "answers for what it issued, list signature-1.crl"),
        (date(2036, 11, 27), True, None, "has ended"),
    ],
)
def test_when_the_next_is_due(today: date, issues: bool, published: str | None, said: str) -> None:
    entry = {
        "list": published,
        "issues": issues,
        "roll_over_by": "2030-11-26",
        "in_service": bool(published),
        "compromise": None,
    }
    assert _service(entry, today) == said


def test_asked_twice_it_says_that_it_is_done(home: Path) -> None:
    honnin(home, "authority", "rollover")
    before = generations(home)
    done = honnin(home, "authority", "rollover", LC_ALL="ja_JP.UTF-8")
    assert (done.returncode, done.stdout) == (7, "")
    assert "切替えは済んでいます" in done.stderr
    assert "[E_ROLLED_OVER]" in done.stderr
    assert generations(home) == before


def test_where_nothing_is_open_nothing_rolls_over(tmp_path: Path) -> None:
    done = honnin(tmp_path / "home", "authority", "rollover")
    assert (done.returncode, "E_AUTHORITY_NOT_OPEN" in done.stderr) == (8, True)
    assert not (tmp_path / "home").exists()


def test_what_could_not_be_published_is_made_up_for(home: Path) -> None:
    obstacle = home / "publication" / "signature-1.crl.new"
    obstacle.mkdir()
    done = honnin(home, "authority", "rollover")
    assert (done.returncode, "E_PUBLICATION_FAILED" in done.stderr) == (8, True)
    assert "signature CA 2 issues now" in done.stderr
    obstacle.rmdir()
    assert honnin(home, "authority", "crl").returncode == 0
    assert honnin(home, "status", "audit").returncode == 0


def test_what_was_signed_with_a_card_of_the_old_generation_is_verified(home: Path, tmp_path: Path) -> None:
    letter, signed = tmp_path / "letter.pdf", tmp_path / "signed.pdf"
    letter.write_bytes(sample_document("Letter", ["of one page"]))
    card = honnin(home, "card", "create", "old-authority", "--roll-over").stdout.strip()
    pin = ("--card", card, "--pin-fd", "0")
    made = honnin(home, "sign", letter, "--out", signed, *pin, typed="MIHON2026\n")
    assert made.returncode == 0, made.stderr
    verified = honnin(home, "verify", signed)
    assert (verified.returncode, verified.stdout.partition("\n")[0]) == (
        0,
        "Good. The document is as it was signed.",
    )
    old = home / "publication" / "signature-1-ca.pem"
    lists = ("--crl", home / "publication" / "signature-1.crl")
    assert honnin(home, "verify", signed, "--ca", old, *lists).returncode == 0
    new = home / "publication" / "signature-ca.pem"
    assert "E_ISSUER_UNKNOWN" in honnin(home, "verify", signed, "--ca", new, *lists).stderr


def test_a_generation_whose_key_leaked_at_once_is_followed_when_it_is_named(home: Path) -> None:
    assert honnin(home, "authority", "rollover", "signature").returncode == 0
    again = honnin(home, "authority", "rollover", "signature")
    assert (again.returncode, "--after" in again.stderr) == (7, True), again.stderr
    assert honnin(home, "authority", "rollover", "signature", "--after", 1).returncode == 7
    assert honnin(home, "authority", "rollover", "signature", "--after", 2).returncode == 0
    twice = honnin(home, "authority", "rollover", "signature", "--after", 2)
    assert (twice.returncode, "newest generation is 3" in twice.stderr) == (7, True), twice.stderr


def test_databases_of_an_earlier_version_are_said_so_and_brought_up_to_date(home: Path) -> None:
    with sqlite3.connect(home / "agency.sqlite3") as records:
        records.execute("DROP TABLE agency_cards_errand")
        records.execute("ALTER TABLE agency_cards_card DROP COLUMN key_version")
        records.execute("DELETE FROM django_migrations WHERE app = 'agency_cards' AND name > '0002'")
        records.execute("DELETE FROM django_migrations WHERE app = 'agency_card_updates'")
        for table in ("pinreset", "reservation"):  # of later versions, whose rows name cards
            records.execute(f"DROP TABLE agency_reservations_{table}")
        records.execute("DELETE FROM django_migrations WHERE app = 'agency_reservations'")
    records.close()
    for words in (("card", "create", "adult"), ("authority", "card-keys", "show")):
        done = honnin(home, *words)
        assert (done.returncode, "[E_DATABASE_OUTDATED]" in done.stderr) == (8, True), done.stderr
    for loop in ((), ("--loop",)):
        once = honnin(home, "chores", "--json", *loop)
        assert (once.returncode, "[E_DATABASE_OUTDATED]" in once.stderr) == (8, True)
        *events, last = map(json.loads, once.stdout.splitlines())
        assert "failed" not in {each["event"] for each in events}
        assert (last["error"]["code"], last["error"]["exit_code"]) == ("E_DATABASE_OUTDATED", 8)
    assert "[E_DATABASE_OUTDATED]" in honnin(home, "chores", "--due").stderr
    assert honnin(home, "authority", "init").returncode == 0
    assert honnin(home, "card", "create", "adult").returncode == 0
