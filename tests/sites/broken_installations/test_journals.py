"""Journals that cannot be signed: it is said, stops nothing else, and heads are begun anew when told to."""

import os
import pwd
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.installations import honnin, open_again, require_named


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
