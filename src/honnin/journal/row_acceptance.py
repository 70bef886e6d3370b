"""Accepts the tables of a role as they are, where its journal does not tell how they came to be so.

For journals written by a version that bound no rows, and for records restored from a copy. From then on every
change is found (`rows`). Nothing proves the rows as they were before, and the journal says so.
"""

from datetime import datetime
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Model

from honnin.journal.history import BELIEVED
from honnin.journal.journal import Act, Journal
from honnin.journal.reading import BATCH
from honnin.journal.rows import tables

_TOGETHER: Final = 500


def accept_rows(journal: Journal, at: datetime, *, actor: str) -> int:
    """Bind every row as it is now to an entry; returns how many there are.

    Whoever acts at the same time waits. Memory does not grow with the number of rows.
    """
    with transaction.atomic(using=journal.database):
        journal.lock_tail()
        journal.append(Act(actor, BELIEVED, "all tables", {}), at)
        return sum(_bind_rows(journal, model, at, actor) for model in tables(journal))


def _bind_rows(journal: Journal, model: type[Model], at: datetime, actor: str) -> int:
    count, rows = 0, iter(model._default_manager.order_by("pk").iterator(BATCH))
    while together := list(islice(rows, _TOGETHER)):
        count += len(together)
        act = Act(actor, "bind rows", str(model._meta.verbose_name), {"rows": len(together)})
        journal.append(act, at, *together)
    return count
