"""Are the tables of a role what its journal says was written there?

Every row of every table of the role must be, column by column, what the newest entry that tells of it says,
and every row that an entry tells of must be there. So a row that was changed, put in, taken out or set back
to what it once was is found, unless an entry was made for it with the journal's key.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import Error as DatabaseFault
from django.db.models import Model

from honnin.journal.binding import Bound
from honnin.journal.journal import Journal

_BATCH = 2000


@dataclass(frozen=True)
class Newest:
    """The newest entry that tells of a row, and what it says."""

    sequence: int
    bound: Bound


def tables(journal: Journal) -> list[type[Model]]:
    """The tables that the journal speaks for: all of its role but the journal itself."""
    own = (journal.entries, journal.tails)
    role = journal.database + "_"
    return [
        model for model in apps.get_models() if model._meta.app_label.startswith(role) and model not in own
    ]


def row_faults(journal: Journal) -> Iterator[str]:
    """Every difference between tables and journal. Names tables, columns and entries, and no value.

    Memory grows with the number of rows. For one state of both the caller opens a snapshot.
    """
    told = told_rows(journal)
    for model in tables(journal):
        yield from _table_faults(journal, model, told.pop(model._meta.db_table, {}))
    yield from (f"{table}: entries tell of a table that is not there" for table in told)


def told_rows(journal: Journal) -> dict[str, dict[str, Newest]]:
    """By table and name of the row: the newest entry that tells of it. What cannot be read tells nothing."""
    told: dict[str, dict[str, Newest]] = {}
    entries = journal.entries._default_manager.filter(rows__isnull=False).order_by("sequence")
    for sequence, rows in entries.values_list("sequence", "rows").iterator(_BATCH):
        for bound in _parts(rows or ""):
            told.setdefault(bound.table, {})[bound.name] = Newest(sequence, bound)
    return told


def _parts(rows: str) -> Iterator[Bound]:
    try:
        for part in json.loads(rows):
            yield Bound.from_json(part)
    except (ValueError, TypeError, RecursionError):
        return  # altered: what it said is missed, and the chain is broken


def _table_faults(journal: Journal, model: type[Model], told: dict[str, Newest]) -> Iterator[str]:
    table, seen = model._meta.db_table, set()
    try:
        for row in model._default_manager.order_by("pk").iterator(_BATCH):
            name = journal.binder.name(row)
            seen.add(name)
            if fault := _row_fault(journal, row, told.get(name)):
                yield f"{table}: {fault}"
    except (ValueError, TypeError, AttributeError, DatabaseFault):
        yield f"{table}: something that cannot be read, and nothing after it was read"
        return
    for name, newest in told.items():
        if name not in seen and not newest.bound.is_gone:
            yield f"{table}: the row that entry {newest.sequence} tells of is gone"


def _row_fault(journal: Journal, row: Model, newest: Newest | None) -> str | None:
    if newest is None:
        return "a row that no entry tells of"
    if newest.bound.is_gone:
        return f"a row is there again that entry {newest.sequence} removed"
    differing = journal.binder.differing(row, newest.bound, newest.sequence)
    if differing is None:
        return None
    columns = ", ".join(differing) or "a value"
    return f"a row is not what entry {newest.sequence} says of it: {columns}"
