"""The municipality's journal as the counter writes it: who did what to which application, person or copy.

A clerk is named by account, a person and a copy by opaque id, an application by its number.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from honnin.journal.binding import Written
from honnin.law.citation import cites
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.models import Resident
from honnin.wire.line import Sender

if TYPE_CHECKING:
    from honnin.municipality.counter.applications.models import Application


@cites("S4-23")
def actor(clerk: Clerk) -> str:
    """The clerk as both journals name them."""
    return str(Sender("municipality", clerk.municipality_id, clerk.user_name))


def about_resident(resident: Resident) -> str:
    return f"resident {resident.public_id}"


def about_application(application: "Application") -> str:
    return f"application {application.number}"


def record(clerk: Clerk, act: str, subject: str, at: datetime, *rows: Written, **detail: str | int) -> None:
    """An entry with the rows that the act wrote, in the act's own transaction."""
    append(Act(actor(clerk), act, subject, detail), at, *rows)


def record_alone(clerk: Clerk, act: str, subject: str, at: datetime, **detail: str | int) -> None:
    """An entry of what writes nothing here: a look, or what is asked of the agency right after it."""
    with transaction.atomic(using=DATABASE):
        record(clerk, act, subject, at, **detail)
