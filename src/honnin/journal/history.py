"""The history of each row by the journal's entries, and entries that contradict each other.

An entry says which columns of a row its act changed. Where another column is not what the entry before says,
it was changed in between by no act, and the act wrote what it found.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from django.apps import apps
from django.db.models import Model

from honnin.journal.binding import NEW, Bound
from honnin.journal.journal import Journal
from honnin.journal.models import Entry
from honnin.journal.reading import each_row
from honnin.journal.snapshot import UNREADABLE, is_damage
from honnin.translation import Name, Sentence, listed

BELIEVED: Final = "believe rows"
"""The act by which all rows are accepted as they are: later entries are compared with these."""


@dataclass(frozen=True)
class Newest:
    """The newest entry that tells of a row, and what it says."""

    sequence: int
    bound: Bound


@dataclass
class History:
    """By table and name of the row the newest entry; how many entries of old tell of no rows; which entry
    believed what it found, 0 where none did; entries that were not sealed with the journal's key; and what
    cannot have happened to a row.
    """

    newest: dict[str, dict[str, Newest]] = field(default_factory=dict)
    old: int = 0
    believed: int = 0
    unsealed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether the journal has entries that bind no rows, and the rows were never accepted."""
        return self.old > 0 and not self.believed

    @classmethod
    def read(cls, journal: Journal) -> Self:
        """From all entries. What cannot be read tells nothing, and is a fault."""
        history, sealed, last = cls(), False, 0
        for entry in each_row(journal.database, journal.entries._default_manager.all()):
            try:
                if not isinstance(entry, Entry):
                    raise TypeError("no entry")
                sealed, last = history._take(journal, entry, sealed), entry.sequence
            except UNREADABLE as error:
                if not is_damage(error):
                    raise
                history.unsealed.append(
                    Sentence("after entry {sequence}: an entry that cannot be read", sequence=last)
                )
        return history

    def _take(self, journal: Journal, entry: Entry, sealed: bool) -> bool:
        """Go on with an entry, after one that was `sealed` or of old; whether this one is sealed."""
        try:
            rows = journal.sealed_rows(entry)
        except ValueError:
            rows = None
            sealed = True
        if rows is None:
            if not sealed:
                self.old = entry.sequence
            else:
                self.unsealed.append(
                    Sentence(
                        "entry {sequence}: not as it was written with the journal's key",
                        sequence=entry.sequence,
                    )
                )
            return sealed
        if entry.act == BELIEVED:
            self.newest, self.believed, self.faults = {}, entry.sequence, []
        for bound in rows:
            self._go_on(journal, entry.sequence, bound)
        return True

    def _go_on(self, journal: Journal, sequence: int, bound: Bound) -> None:
        rows = self.newest.setdefault(bound.table, {})
        before, rows[bound.name] = rows.get(bound.name), Newest(sequence, bound)
        if before is None and bound.how != NEW and self.is_silent:
            return  # put in by an act of which an entry of old says no more
        if fault := _fault_between(journal, before, bound, sequence):
            self.faults.append(Sentence("{name}: {fault}", name=words_of_table(bound.table), fault=fault))


def _fault_between(journal: Journal, before: Newest | None, bound: Bound, sequence: int) -> str | None:
    """What stands against an act's having written a row so, after what was told of it before."""
    numbers = {"sequence": sequence, "before": before.sequence if before else 0}
    there = before is not None and not before.bound.is_gone
    if bound.how == NEW:
        return (
            Sentence("entry {sequence} put in a row that entry {before} tells of", **numbers)
            if there
            else None
        )
    if before is None:
        return Sentence("entry {sequence} changed a row that no entry told of", sequence=sequence)
    if not there:
        return Sentence("entry {sequence} changed a row that entry {before} removed", **numbers)
    columns = [] if bound.is_gone else _changed_without_entry(journal, before.bound, bound)
    if not columns:
        return None
    words = words_of_columns(bound.table, columns)
    return Sentence(
        "entry {sequence} found a row that was not what entry {before} says of it: {columns}",
        **numbers,
        columns=words,
    )


def _changed_without_entry(journal: Journal, before: Bound, bound: Bound) -> list[str]:
    """Columns whose marks differ, although the later act did not write them."""
    then, now = journal.shape(before), journal.shape(bound)
    if then is None or now is None:
        return []  # the row itself says so
    marks, written = before.marks_of(then), bound.how.split()
    return [
        column
        for column, mark in bound.marks_of(now).items()
        if column in marks and marks[column] != mark and column not in written
    ]


def accepted_since(journal: Journal) -> int:
    """The entry by which the rows of the tables were accepted; 0 without one."""
    entries = journal.entries._default_manager.filter(act=BELIEVED).order_by("-sequence")
    return entries.values_list("sequence", flat=True).first() or 0


def words_of_table(table: str) -> str:
    """What the rows of a table are called."""
    model = _models().get(table)
    return Name(str(model._meta.verbose_name), table) if model else table


def words_of_columns(table: str, columns: Iterable[str]) -> str:
    """What columns of a table are called; which they are is not known where there are none."""
    model = _models().get(table)
    words = {str(field.column): str(field.verbose_name) for field in model._meta.fields} if model else {}
    named = [
        Name(words[column], column, context="column") if column in words else column for column in columns
    ]
    return listed(named) if named else Sentence("a value")


def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models()}
