"""The journal: append-only in the database itself, and every alteration found."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connections, transaction

from honnin.agency.authority.services import authority
from honnin.agency.records.journal import Act, Proof, append, hash_of, sign_head, verify
from honnin.agency.records.models import JournalEntry, JournalHead, JournalTail
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(databases="__all__")

TABLE = "agency_records_journalentry"
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
def entries() -> list[JournalEntry]:
    """The opening's entries, five more, and a signed head over them all."""
    for number in range(5):
        write(f"thing {number}")
    sign_head(key(), NOW)
    return list(JournalEntry.objects.order_by("sequence"))


def write(subject: str, at: datetime = NOW) -> int:
    with transaction.atomic(using="agency"):
        return append(Act("municipality/99101/hanako", "test", subject, {"数": 1, "b": "x"}), at)


def key() -> Ed25519PrivateKey:
    return authority().keys.journal_key()


def proof() -> Proof:
    return verify(key().public_key())


def sql(statement: str, *parameters: object) -> list[tuple[object, ...]]:
    with connections["agency"].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


@contextmanager
def without_triggers() -> Iterator[None]:
    """As somebody with the rights of the database's owner would proceed."""
    triggers = sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", TABLE)
    assert len(triggers) == 2
    for name, _ in triggers:
        sql(f"DROP TRIGGER {name}")
    yield
    for _, definition in triggers:
        sql(str(definition))


def test_an_untouched_journal_is_whole(entries: list[JournalEntry]) -> None:
    assert proof() == Proof(entries=len(entries), signed_heads=1, faults=())


def test_an_empty_journal_is_whole_and_has_no_head_to_sign() -> None:
    JournalTail.objects.all().delete()
    JournalHead.objects.all().delete()
    with without_triggers():
        sql(f"DELETE FROM {TABLE}")
    assert sign_head(key(), NOW) is None
    assert proof() == Proof(entries=0, signed_heads=0, faults=())


@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {TABLE} SET actor = 'nobody' WHERE sequence = 3", f"DELETE FROM {TABLE} WHERE sequence = 3"],
    ids=["UPDATE", "DELETE"],
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


def test_a_journal_rewritten_from_one_entry_on_is_found_by_its_signed_head(
    entries: list[JournalEntry],
) -> None:
    with without_triggers():
        previous = entries[2].previous_hash
        for entry in entries[2:]:
            entry.actor, entry.previous_hash = "somebody else", previous
            previous = entry.entry_hash = hash_of(entry)
            entry.save()
    JournalTail.objects.update(entry_hash=previous)
    assert proof().faults == (f"signed head {entries[-1].sequence}: the journal says something else",)


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
    assert any("ends before its last known entry" in fault for fault in proof().faults)


@pytest.mark.parametrize(
    "altered",
    [
        {"signed_at": NOW + timedelta(days=1)},
        {"signature": bytes(64)},
        {"entry_hash": "0" * 64},
        {"sequence": 2},
    ],
    ids=lambda altered: next(iter(altered)),
)
def test_an_altered_head_is_found(altered: dict[str, object]) -> None:
    JournalHead.objects.update(**altered)
    assert any("signature is broken" in fault for fault in proof().faults)


def test_a_head_signed_by_another_key_is_found(entries: list[JournalEntry]) -> None:
    """Also when it stands beside the true one, and whichever comes first."""
    true = JournalHead.objects.get()
    JournalHead.objects.all().delete()
    sign_head(Ed25519PrivateKey.generate(), NOW)
    fault = f"signed head {entries[-1].sequence}: its signature is broken"
    assert proof().faults == (fault,)
    true.pk = None
    true.save(force_insert=True)
    assert proof().faults == (fault,)
    JournalHead.objects.order_by("id").first().delete()
    assert proof().faults == ()


def test_a_head_is_signed_once_for_each_length() -> None:
    assert sign_head(key(), NOW) is None
    write("one more")
    assert sign_head(key(), NOW) is not None
    assert proof().signed_heads == 2


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


def test_entries_hold_no_personal_data(town: object) -> None:
    holder = town.with_certificates(name="秘密　太郎", address="みほん県みほん市隠町９－９")
    text = "".join(str(row) for row in sql(f"SELECT * FROM {TABLE}"))
    assert "issue" in text
    for private in ("秘密", "隠町", "1990-03-15", "19900315", holder.code):
        assert private not in text
    assert not re.search(r"ABC123|'1234'", text)
