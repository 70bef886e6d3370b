"""Rows that a test puts in or changes as its preparation, and tells as an act would."""

from django.db import transaction

from honnin.agency.records import journal as agency
from honnin.journal.binding import Changed, Written
from honnin.journal.journal import Act
from honnin.municipality.records import journal as municipality
from tests.support.instants import NOW

JOURNALS = {journal.database: journal for journal in (agency.JOURNAL, municipality.JOURNAL)}


def tell(*rows: Written) -> None:
    """Bind rows, as they stand in the table now, to an entry of their role's journal."""
    for row in rows:
        model = row.row if isinstance(row, Changed) else row
        journal = JOURNALS[model._meta.app_label.partition("_")[0]]
        with transaction.atomic(using=journal.database):
            journal.append(Act("test", "prepare", "a test", {}), NOW, row)
