"""Writing, signing and proving the journal, and altering it as somebody who may write the database would."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connections, transaction

from honnin.agency.records.journal import JOURNAL, Act, append
from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.journal.head import FIRST, Head
from honnin.journal.heads import begin_heads, sign_head
from honnin.journal.journal import hash_of
from honnin.journal.proof import Proof, verify
from tests.support.instants import NOW

TABLE = "agency_records_journalentry"


def write(subject: str, at: datetime = NOW) -> int:
    with transaction.atomic(using="agency"):
        return append(Act("municipality/99101/hanako", "test", subject, {"数": 1, "b": "x"}), at)


def key() -> Ed25519PrivateKey:
    return JOURNAL.key


def heads() -> Path:
    return Path(settings.HONNIN_JOURNAL_HEADS)


def sign(at: datetime = NOW) -> Head | None:
    return sign_head(JOURNAL, at)


def begin(actor: str = "command/root") -> Path | None:
    return begin_heads(JOURNAL, NOW, actor=actor)


def proof(kept: Path | None = None) -> Proof:
    return verify(JOURNAL, kept)


def rewrite(entries: list[JournalEntry]) -> None:
    """These entries with other content and right hashes, the mark of the end moved: a chain without fault."""
    with without_triggers():
        previous = entries[0].previous_hash
        for entry in entries:
            entry.actor, entry.previous_hash = "somebody else", previous
            previous = entry.entry_hash = hash_of(entry)
            entry.save()
    JournalTail.objects.update(entry_hash=previous)


def sign_as_holder_of_the_key(entry: JournalEntry) -> None:
    """A file of one head over the journal up to that entry, and the database's note of it."""
    head = Head.signed(key(), (entry.sequence, entry.entry_hash), NOW, FIRST)
    heads().write_text(head.line() + "\n")
    JournalTail.objects.update(newest_head=head.digest)


def cut_back_to(entry: JournalEntry) -> None:
    """The journal as it was when that entry was its last."""
    with without_triggers():
        sql(f"DELETE FROM {TABLE} WHERE sequence > %s", entry.sequence)
    JournalTail.objects.update(sequence=entry.sequence, entry_hash=entry.entry_hash)


def sql(statement: str, *parameters: Any) -> list[tuple[object, ...]]:
    with connections["agency"].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


@contextmanager
def without_triggers() -> Iterator[None]:
    """As somebody with the rights of the database's owner would proceed."""
    triggers = sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", TABLE)
    assert len(triggers) == 3
    for name, _ in triggers:
        sql(f"DROP TRIGGER {name}")
    yield
    for _, definition in triggers:
        sql(str(definition))
