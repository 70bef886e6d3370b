"""The journal: append-only in the database itself, and every alteration found."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.errors import Untrusted
from honnin.journal.journal import hash_of
from honnin.journal.proof import Proof
from tests.support.agency.journalling import (
    TABLE,
    cut_back_to,
    heads,
    proof,
    rewrite,
    sign,
    sign_as_holder_of_the_key,
    sql,
    without_triggers,
    write,
)
from tests.support.town import Town

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.alters_records]

COLUMNS = (
    "sequence",
    "recorded_at",
    "actor",
    "act",
    "subject",
    "detail",
    "previous_hash",
    "entry_hash",
)


@pytest.fixture(autouse=True)
def entries(journal_heads: Path) -> list[JournalEntry]:
    """The opening's entries, five more, and a signed head over them all, the second after the opening's."""
    for number in range(5):
        write(f"thing {number}")
    sign()
    return list(JournalEntry.objects.order_by("sequence"))


def test_an_untouched_journal_is_whole(entries: list[JournalEntry]) -> None:
    assert proof() == Proof(entries=len(entries), signed_heads=2, proved=len(entries), faults=())
    write("not signed yet")
    assert proof() == Proof(entries=len(entries) + 1, signed_heads=2, proved=len(entries), faults=())


def test_an_empty_journal_is_whole_and_its_heads_begin() -> None:
    JournalTail.objects.all().delete()
    heads().unlink()
    with without_triggers():
        sql(f"DELETE FROM {TABLE}")
    assert proof() == Proof(entries=0, signed_heads=0, proved=0, faults=())
    head = sign()
    assert head is not None
    assert head.sequence == 0
    assert sign() is None
    assert proof() == Proof(entries=0, signed_heads=1, proved=0, faults=())
    write("the first")
    assert sign() is not None
    assert proof() == Proof(entries=1, signed_heads=2, proved=1, faults=())


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET actor = 'nobody' WHERE sequence = 3",
        f"UPDATE OR REPLACE {TABLE} SET sequence = 4 WHERE sequence = 3",
        f"DELETE FROM {TABLE} WHERE sequence = 3",
        f"DELETE FROM {TABLE}",
        f"INSERT OR REPLACE INTO {TABLE} SELECT sequence, recorded_at, 'nobody', act, subject, detail, "
        f"previous_hash, entry_hash, rows FROM {TABLE} WHERE sequence = 3",
        f"INSERT OR REPLACE INTO {TABLE} (rowid, sequence, recorded_at, actor, act, subject, detail, "
        "previous_hash, entry_hash) SELECT rowid, 1000, recorded_at, actor, act, subject, detail, "
        f"previous_hash, 'another' FROM {TABLE} WHERE sequence = 3",
        f"REPLACE INTO {TABLE} SELECT 1000, recorded_at, actor, act, subject, detail, "
        f"previous_hash, entry_hash, rows FROM {TABLE} WHERE sequence = 3",
    ],
    ids=[
        "UPDATE",
        "UPDATE OR REPLACE",
        "DELETE",
        "DELETE all",
        "REPLACE by number",
        "REPLACE by row",
        "REPLACE by hash",
    ],
)
def test_the_database_refuses_to_alter_an_entry(statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="agency"):
        sql(statement)
    assert proof().faults == ()


def test_the_database_refuses_to_save_an_entry_again(entries: list[JournalEntry]) -> None:
    entries[2].actor = "nobody"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="agency"):
        entries[2].save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="agency"):
        entries[2].delete()


def flipped(value: object, bit: int) -> object:
    """The value with one bit of its stored form turned."""
    if isinstance(value, int):
        return value ^ (1 << (4 + bit % 40))  # the lower bits would meet another entry's number
    content = bytearray(str(value).encode())
    place = bit % (len(content) * 8)
    content[place // 8] ^= 1 << (place % 8)
    return bytes(content)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_flipped_bit_in_any_column_of_any_entry_is_found(
    entries: list[JournalEntry], column: str, place: str
) -> None:
    entry = {"first": entries[0], "middle": entries[len(entries) // 2], "last": entries[-1]}[place]
    [(value,)] = sql(f"SELECT {column} FROM {TABLE} WHERE sequence = %s", entry.sequence)
    for bit in (0, 3, 5, 6, 7, 12, 41, 77, 131):
        new = flipped(value, bit)
        with transaction.atomic(using="agency"):
            with without_triggers():
                if isinstance(new, bytes):
                    statement = f"UPDATE {TABLE} SET {column} = CAST(%s AS TEXT) WHERE sequence = %s"
                else:
                    statement = f"UPDATE {TABLE} SET {column} = %s WHERE sequence = %s"
                sql(statement, new, entry.sequence)
            assert proof().faults, f"bit {bit}: {value!r} became {new!r}"
            transaction.set_rollback(True, using="agency")
    assert proof().faults == ()


def test_what_became_no_entry_at_all_is_a_fault_and_no_crash(entries: list[JournalEntry]) -> None:
    with without_triggers():
        sql(f"UPDATE {TABLE} SET recorded_at = 'yesterday' WHERE sequence = %s", entries[3].sequence)
    assert any("cannot be read" in fault for fault in proof().faults)


def test_a_removed_entry_is_found(entries: list[JournalEntry]) -> None:
    gone = entries[3].sequence
    with without_triggers():
        sql(f"DELETE FROM {TABLE} WHERE sequence = %s", gone)
    assert f"entry {gone}: missing" in proof().faults


def test_an_entry_put_in_between_is_found(entries: list[JournalEntry]) -> None:
    """With a number of its own the chain has a gap; with right hashes of its own it does not continue."""
    forged = JournalEntry.objects.get(pk=entries[3].pk)
    with without_triggers():
        sql(f"UPDATE {TABLE} SET sequence = sequence + 1000 WHERE sequence > %s", forged.sequence)
        sql(f"UPDATE {TABLE} SET sequence = sequence - 999 WHERE sequence > 1000")
    forged.sequence, forged.previous_hash, forged.act = forged.sequence + 1, forged.entry_hash, "forged"
    forged.entry_hash = hash_of(forged)
    forged.save(force_insert=True)
    assert f"entry {forged.sequence + 1}: changed after it was written" in proof().faults


# — Somebody who may write the database and knows how the chain is made ——————————————————————————————————


def test_a_journal_rewritten_from_one_entry_on_is_found_by_its_signed_head(
    entries: list[JournalEntry],
) -> None:
    rewrite(entries[2:])
    assert proof().faults == (f"signed head {entries[-1].sequence}: the journal says something else",)


def test_a_journal_made_wholly_anew_is_found(entries: list[JournalEntry]) -> None:
    rewrite(entries)
    assert proof().faults == (f"signed head {entries[-1].sequence}: the journal says something else",)


def test_an_emptied_journal_is_found(entries: list[JournalEntry]) -> None:
    with without_triggers():
        sql(f"DELETE FROM {TABLE}")
    JournalTail.objects.update(sequence=0, entry_hash="0" * 64)
    assert proof().faults == (f"signed head {entries[-1].sequence}: the entry it speaks of is missing",)


def test_a_journal_cut_back_to_an_earlier_head_is_found(entries: list[JournalEntry]) -> None:
    for number in range(3):
        last = write(f"later {number}")
    sign()
    cut_back_to(entries[-1])
    assert proof().faults == (f"signed head {last}: the entry it speaks of is missing",)


@pytest.mark.parametrize("attack", [rewrite, lambda entries: cut_back_to(entries[-2])], ids=["anew", "cut"])
def test_an_altered_journal_is_not_signed_again(
    entries: list[JournalEntry], attack: Callable[[list[JournalEntry]], None]
) -> None:
    """So the next publication finds it by itself, and nothing covers it up."""
    before = heads().read_bytes()
    attack(entries)
    for _ in range(2):
        with pytest.raises(Untrusted, match="E_JOURNAL_ALTERED"):
            sign()
        write("life goes on")
    assert heads().read_bytes() == before


def test_a_copy_of_the_heads_finds_what_the_holder_of_the_key_did(
    entries: list[JournalEntry], tmp_path: Path
) -> None:
    """File, key and database in one hand: another journal, signed by the right key, with a whole chain."""
    copy = Path(shutil.copy(heads(), tmp_path / "kept.jsonl"))
    assert proof(copy).faults == ()
    rewrite(entries)
    sign_as_holder_of_the_key(entries[-1])
    assert proof().faults == ()
    other = f"signed head {entries[-1].sequence} of the copy: the journal says something else"
    assert proof(copy).faults == (other,)


def test_a_copy_of_the_heads_finds_what_the_holder_of_database_and_file_did(
    entries: list[JournalEntry], tmp_path: Path
) -> None:
    """Without the key no head can be made, but the newest can be cut off with the entries they speak of."""
    signed = heads().read_bytes()
    noted = JournalTail.objects.get().newest_head
    later = [JournalEntry.objects.get(pk=write(f"later {number}")) for number in range(3)]
    sign()
    copy = Path(shutil.copy(heads(), tmp_path / "kept.jsonl"))
    rewrite(later)
    heads().write_bytes(signed)
    JournalTail.objects.update(newest_head=noted)
    assert proof().faults == ()
    assert sign() is not None
    other = f"signed head {later[-1].sequence} of the copy: the journal says something else"
    assert proof(copy).faults == (other,)


def test_a_copy_that_says_nothing_true_is_a_fault(tmp_path: Path) -> None:
    copy = tmp_path / "kept.jsonl"
    copy.write_text("no head\n")
    assert proof(copy).faults == ("line 1 of the copy: no head of this journal",)
    with pytest.raises(OSError, match="nowhere"):
        proof(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [None, b"", b'{"sequence": 3'], ids=["none", "empty", "cut"])
def test_without_a_signed_head_nothing_is_proved(content: bytes | None) -> None:
    heads().unlink()
    if content is not None:
        heads().write_bytes(content)
    what = "journal-heads.jsonl is missing" if content is None else "no signed head"
    assert proof().faults == (f"{what}: nothing but itself speaks for the journal",)
    assert proof().proved == 0


def test_a_tail_cut_off_is_found(entries: list[JournalEntry]) -> None:
    with without_triggers():
        sql(f"DELETE FROM {TABLE} WHERE sequence > %s", entries[-3].sequence)
    faults = proof().faults
    assert f"entry {entries[-2].sequence}: the journal ends before its last known entry" in faults
    assert f"signed head {entries[-1].sequence}: the entry it speaks of is missing" in faults


@pytest.mark.parametrize("mark", ["moved back", "removed"])
def test_a_tail_cut_off_together_with_its_mark_is_found(entries: list[JournalEntry], mark: str) -> None:
    with without_triggers():
        sql(f"DELETE FROM {TABLE} WHERE sequence > %s", entries[-2].sequence)
    if mark == "removed":
        JournalTail.objects.all().delete()
    else:
        JournalTail.objects.update(sequence=entries[-2].sequence, entry_hash=entries[-2].entry_hash)
    assert f"signed head {entries[-1].sequence}: the entry it speaks of is missing" in proof().faults


def test_a_removed_mark_is_found_also_behind_the_last_signed_head() -> None:
    write("after the head")
    JournalTail.objects.all().delete()
    assert "entry 1: none by the mark of the journal's end" in proof().faults


# — What is written —————————————————————————————————————————————————————————————————————————————————————


def test_the_zone_of_an_instant_does_not_matter() -> None:
    write("noon", datetime(2026, 6, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9))))
    assert proof().faults == ()
    assert JournalEntry.objects.get(subject="noon").recorded_at == datetime(
        2026, 6, 2, 3, 0, 0, 123456, tzinfo=UTC
    )


def test_an_act_that_is_undone_leaves_no_entry(entries: list[JournalEntry]) -> None:
    with transaction.atomic(using="agency"):
        write("undone")
        transaction.set_rollback(True, using="agency")
    assert write("next") == entries[-1].sequence + 1
    assert proof().faults == ()


def test_entries_hold_no_personal_data(town: Town) -> None:
    holder = town.with_certificates(name="秘密　太郎", address="みほん県みほん市隠町９－９")
    text = "".join(str(row) for row in sql(f"SELECT * FROM {TABLE}"))
    assert "issue" in text
    for private in ("秘密", "隠町", "1990-03-15", "19900315", holder.code):
        assert private not in text
    assert not re.search(r"ABC123|'1234'", text)
