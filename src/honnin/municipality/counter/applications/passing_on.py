"""What follows at the counter where a municipality's code ends: clerks and applications go to the other."""

from datetime import datetime

from django.db import transaction

from honnin.clock import Clock, day_in_japan
from honnin.journal.binding import Written, changed
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.areas import carry_out, due_changes, notice_of
from honnin.municipality.residents.models import AreaChange

AT_ONCE = 500
PASSED_ON = "pass on counter"
"""What the journal calls it."""


def carry_out_changes(clock: Clock, *, actor: str) -> None:
    """Carry out every change of areas whose day has come, and what follows from each at the counter."""
    for change in list(due_changes(day_in_japan(clock.now()))):
        carry_out(change, clock, actor=actor)
    pass_on_counters(actor, clock.now())


def pass_on_counters(actor: str, at: datetime) -> None:
    """Clerks and applications of municipalities whose code has ended; nothing where that was done before."""
    done = AreaChange.objects.exclude(into=None).exclude(finished_at=None)
    ended = [each for each in done.order_by("finished_at", "pk") if notice_of(each).ends_code]
    for number, change in enumerate(ended):
        # Of an earlier version two may go in a circle: the last one says which code is current.
        is_current_again = any(later.into_id == change.municipality_id for later in ended[number + 1 :])
        while not is_current_again and _pass_on_some(change, actor, at):
            pass


def _pass_on_some(change: AreaChange, actor: str, at: datetime) -> bool:
    """Some of them; whether there were any."""
    with transaction.atomic(using=DATABASE):
        clerks = Clerk.objects.select_for_update().filter(municipality=change.municipality)
        received = Application.objects.select_for_update().filter(municipality=change.municipality)
        rows: list[Written] = []
        found: tuple[Clerk | Application, ...] = (*clerks.order_by("pk"), *received.order_by("pk")[:AT_ONCE])
        for row in found:
            row.municipality_id = change.into_id
            row.save(update_fields=["municipality"])
            rows.append(changed(row, "municipality"))
        if rows:
            append(Act(actor, PASSED_ON, str(change), {"rows": len(rows)}), at, *rows)
    return bool(rows)
