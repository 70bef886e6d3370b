"""The file of the journal's signed heads: appended whole or not at all, no line of it altered or cut off."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.errors import Unavailable, Untrusted
from honnin.journal.head import FIRST, Head
from tests.support.agency.journalling import begin, heads, proof, rewrite, sign, write
from tests.support.instants import NOW

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.alters_records]


@pytest.fixture(autouse=True)
def signed() -> None:
    """A head from before the first entry, and one over the opening's entries."""
    sign()


def lines() -> list[str]:
    return heads().read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    "altered",
    [
        {"signed_at": "2026-06-03T01:00:00+00:00"},
        {"signature": "00" * 64},
        {"signature": "no hex"},
        {"entry_hash": "0" * 64},
        {"sequence": 2},
        {"previous": "1" * 64},
    ],
    ids=str,
)
def test_an_altered_head_is_found(altered: dict[str, Any]) -> None:
    first, last = lines()
    forged = replace(Head.from_line(last.strip()), **altered).line() + "\n"
    heads().write_text(first + forged)
    assert any("signature is broken" in fault for fault in proof().faults)
    write("one more")
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):  # nothing is built upon it
        sign()
    assert lines() == [first, forged]


@pytest.mark.parametrize(
    "line",
    ["", "[]", "7", "{}", '{"sequence": 1}', "\ufffd", '{"sequence": 1, "more": 2}', "{" * 5000, "[" * 1020],
)
def test_a_line_that_is_no_head_is_found(line: str) -> None:
    true = heads().read_text()
    heads().write_text(f"{line}\n{true}")
    assert "line 1 of the heads: no head" in proof().faults
    heads().write_text(f"{true}{line}\n")
    assert "line 3 of the heads: no head" in proof().faults
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
        sign()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": [1]},
        {"sequence": "zz"},
        {"sequence": True},
        {"sequence": -1},
        {"sequence": 10**23},
        {"signed_at": ""},
        {"signed_at": 5},
        {"signed_at": "2026-01-01T00:00:00"},
        {"entry_hash": []},
        {"entry_hash": "\ud800"},
        {"previous": None},
        {"signature": 7},
    ],
    ids=str,
)
def test_a_line_with_something_of_another_kind_is_no_head(wrong: dict[str, object]) -> None:
    """Valid JSON of the right fields: what whoever writes the file may put there."""
    line = json.dumps(json.loads(lines()[-1]) | wrong, sort_keys=True)
    with heads().open("a") as file:
        file.write(line + "\n")
    assert proof().faults == ("line 3 of the heads: no head",)
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
        sign()


def test_a_head_that_was_taken_out_is_found() -> None:
    for number in range(3):
        write(f"later {number}")
        sign()
    true = lines()
    for place in (0, 1, 2, 3):
        heads().write_text("".join(true[:place] + true[place + 1 :]))
        assert proof().faults == (f"line {place + 1} of the heads: does not continue the line before",)
    heads().write_text("".join([true[1], true[0], *true[2:]]))
    assert len(proof().faults) == 3


def test_a_head_signed_by_another_key_is_found() -> None:
    last = Head.from_line(lines()[-1].strip())
    forged = Head.signed(Ed25519PrivateKey.generate(), (last.sequence, last.entry_hash), NOW, last.previous)
    heads().write_text(lines()[0] + forged.line() + "\n")
    JournalTail.objects.update(newest_head=forged.digest)
    assert f"signed head {last.sequence}: its signature is broken" in proof().faults
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
        sign()


def test_a_head_is_signed_once_for_each_length() -> None:
    assert sign() is None
    write("one more")
    assert sign() is not None
    assert proof().signed_heads == 3


def test_a_head_that_was_cut_off_while_it_was_written_is_written_again() -> None:
    """The database does not know of it: its transaction never ended."""
    first, noted = heads().read_bytes(), JournalTail.objects.get().newest_head
    write("one more")
    sign()
    whole = heads().read_bytes()
    for length in range(len(first), len(whole)):
        heads().write_bytes(whole[:length])
        JournalTail.objects.update(newest_head=noted)
        assert proof().faults == ()
        assert sign() is not None
        assert heads().read_bytes() == whole


@pytest.mark.parametrize("spoil", ["folder", "garbage"])
def test_heads_that_cannot_be_read_or_written_are_named(spoil: str) -> None:
    heads().unlink()
    if spoil == "folder":
        heads().mkdir()
    else:
        heads().write_bytes(b"\xff\n")
    with pytest.raises(Unavailable, match="E_JOURNAL_HEADS"):
        sign()
    if spoil == "folder":
        heads().rmdir()


def test_a_full_disk_leaves_the_heads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    before = heads().read_bytes()
    write("one more")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(Unavailable, match="E_DISK_FULL"):
            sign()
    assert heads().read_bytes() == before
    assert sign() is not None


# — Gone, cut off, begun anew ——————————————————————————————————————————————————————————————————————————————


def test_a_head_that_the_database_did_not_hear_of_is_the_newest() -> None:
    """The process died after the file was written and before its transaction ended."""
    noted = JournalTail.objects.get().newest_head
    write("one more")
    sign()
    JournalTail.objects.update(newest_head=noted)
    assert proof().faults == ()
    write("and another")
    assert sign() is not None
    assert (proof().faults, proof().signed_heads) == ((), 4)


def test_a_head_two_before_the_newest_that_the_database_notes_is_found() -> None:
    """One may have been written without the database's hearing of it, two cannot."""
    noted = JournalTail.objects.get().newest_head
    for number in range(2):
        write(f"later {number}")
        sign()
    assert proof().faults == ()
    JournalTail.objects.update(newest_head=noted)
    assert proof().faults == (f"{heads().name}: the database notes an older head than the newest",)


@pytest.mark.parametrize("left", [None, ""], ids=["deleted", "emptied"])
@pytest.mark.parametrize("note", ["kept", "altered too"])
def test_a_file_that_is_gone_is_not_begun_anew_unbidden(left: str | None, note: str) -> None:
    """So a journal that was rewritten meanwhile is not signed by the service itself."""
    heads().unlink()
    if left is not None:
        heads().write_text(left)
    if note == "altered too":
        JournalTail.objects.update(newest_head=FIRST)
    rewrite(list(JournalEntry.objects.order_by("sequence")))
    for _ in range(2):
        with pytest.raises(Untrusted, match="E_JOURNAL_HEADS_MISSING"):
            sign()
        write("life goes on")
    assert (heads().read_text() if heads().exists() else None) == left
    what = "no signed head" if left is not None else "journal-heads.jsonl is missing"
    assert proof().faults == (f"{what}: nothing but itself speaks for the journal",)


def test_a_file_whose_end_was_cut_off_is_found() -> None:
    for number in range(3):
        write(f"later {number}")
        sign()
    true = lines()
    for length in range(1, len(true)):
        heads().write_text("".join(true[:length]))
        assert proof().faults == (
            f"{heads().name}: the heads end before the newest that the database knows of",
        )
        write("life goes on")
        with pytest.raises(Untrusted, match="E_JOURNAL_HEADS_MISSING"):
            sign()
        assert lines() == true[:length]
    heads().write_text("".join(true))
    assert sign() is not None
    assert proof().faults == ()


def test_heads_begin_anew_when_somebody_says_so_and_the_journal_tells_who(tmp_path: Path) -> None:
    copy = Path(shutil.copy(heads(), tmp_path / "kept.jsonl"))
    noted, entries = JournalTail.objects.get().newest_head, JournalEntry.objects.count()
    heads().unlink()
    assert begin("command/root") is None
    entry = JournalEntry.objects.latest("sequence")
    assert (entry.sequence, entry.act, entry.actor) == (entries + 1, "begin heads", "command/root")
    assert json.loads(entry.detail) == {"entries": entries, "former": noted}
    for kept in (None, copy):
        result = proof(kept)
        assert (result.faults, result.believed, result.proved) == ((), entries + 1, entries + 1)
    write("life goes on")
    assert sign() is not None
    assert proof(copy).proved == entries + 2


def test_heads_that_say_otherwise_are_put_aside_and_not_overwritten() -> None:
    before = heads().read_bytes()
    rewrite(list(JournalEntry.objects.order_by("sequence")))
    with pytest.raises(Untrusted, match="E_JOURNAL_ALTERED"):
        sign()
    former = begin()
    assert former is not None
    assert former.parent == heads().parent
    assert former.read_bytes() == before
    assert proof().faults == ()
    assert [fault.split(":")[1] for fault in proof(former).faults] == [" the journal says something else"]
    former.unlink()


def test_what_cannot_be_begun_anew_is_not_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = JournalEntry.objects.count()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(Unavailable, match="E_DISK_FULL"):
            begin()
    assert JournalEntry.objects.count() == entries
    for aside in heads().parent.glob(f"{heads().stem}-until-*"):
        aside.unlink()
