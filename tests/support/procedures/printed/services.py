"""The act: begun, and finished by asking again."""

from datetime import datetime

from django.db import transaction

from honnin.journal.binding import changed
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import held, note
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE
from tests.support.procedures.printed.kind import PrintedCopies


def print_copies(application: Application, *, clerk: Clerk, at: datetime) -> None:
    with transaction.atomic(using=DATABASE):
        locked = held(application, PrintedCopies.act, clerk)
        locked.state = locked.after(PrintedCopies.act)
        locked.save(update_fields=["state"])
        note(clerk, "print copies", locked, at, changed(locked, "state"))
