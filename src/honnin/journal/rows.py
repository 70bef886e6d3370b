"""Compares all tables of a role with what its journal says was written there.

Every row of every table of the role must be, column by column, what the newest entry that tells of it says,
and every row that an entry tells of must be there. So a row that was changed, put in, taken out or set back
to what it once was is found. It is found also after an act that wrote the altered row again: an entry says
which columns its act changed (`history`). No entry can be made for it without the journal's key.
"""

from collections.abc import Iterator
from typing import Final

from django.apps import apps
from django.db.models import Model

from honnin.journal.history import History, Newest, words_of_columns, words_of_table
from honnin.journal.journal import Journal
from honnin.journal.reading import each_row
from honnin.journal.snapshot import UNREADABLE, is_damage
from honnin.journal.stored_form import stored_form_faults
from honnin.translation import Sentence, message

SILENT: Final = message(
    "entries 1 to {last} do not tell what they wrote:"
    " accept the records as they are with honnin journal bind-rows"
)


def tables(journal: Journal) -> list[type[Model]]:
    """The tables that the journal speaks for: all of its role but the journal itself, and those of which
    every row may be missing (`is_in_journal` is False).
    """
    own = (journal.entries, journal.tails)
    role = journal.database + "_"
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label.startswith(role)
        and model not in own
        and getattr(model, "is_in_journal", True)
    ]


def form_faults(journal: Journal) -> Iterator[str]:
    """Values of all tables of the role, the journal's too, that are stored as none is ever written."""
    return stored_form_faults(journal.database, [journal.entries, journal.tails, *tables(journal)])


def row_faults(journal: Journal) -> Iterator[str]:
    """Every difference between tables and journal. Names tables, columns and entries, and no value.

    Memory grows with the number of rows. For one state of both the caller opens a snapshot.
    """
    history = History.read(journal)
    yield from (*history.unsealed, *history.faults)
    if history.is_silent:
        yield Sentence(SILENT, last=history.old)
    for model in tables(journal):
        yield from _table_faults(journal, model, history)
    known = {model._meta.db_table for model in tables(journal)}
    for table in history.newest.keys() - known:
        yield Sentence("{table}: entries tell of a table that is not there", table=words_of_table(table))


def _table_faults(journal: Journal, model: type[Model], history: History) -> Iterator[str]:
    newest, without_entry, unread = dict(history.newest.get(model._meta.db_table, {})), 0, 0
    table = words_of_table(model._meta.db_table)
    for row in each_row(journal.database, model._default_manager.all()):
        try:
            if row is None:
                raise ValueError("no row")
            expected = newest.pop(journal.binder.name(row), None)
            fault = _row_fault(journal, row, expected) if expected else None
        except UNREADABLE as error:
            if not is_damage(error, is_present=True):
                raise
            unread += 1
            continue
        without_entry += expected is None
        if fault:
            yield Sentence("{name}: {fault}", name=table, fault=fault)
    if unread:
        yield Sentence("{table}: {count} that cannot be read", table=table, count=unread)
    if without_entry and not history.is_silent:
        yield Sentence("{table}: {count} that no entry tells of", table=table, count=without_entry)
    for each in newest.values():
        if not each.bound.is_gone:
            yield Sentence(
                "{table}: the row that entry {sequence} tells of is gone", table=table, sequence=each.sequence
            )


def _row_fault(journal: Journal, row: Model, newest: Newest) -> str | None:
    if newest.bound.is_gone:
        return Sentence("a row is there again that entry {sequence} removed", sequence=newest.sequence)
    columns = journal.shape(newest.bound)
    if columns is None:
        return Sentence(
            "entry {sequence} tells of columns that this version does not know", sequence=newest.sequence
        )
    differing = journal.binder.differing(row, newest.bound, newest.sequence, columns)
    if differing is None:
        return None
    words = words_of_columns(newest.bound.table, differing)
    return Sentence(
        "a row is not what entry {sequence} says of it: {columns}", sequence=newest.sequence, columns=words
    )
