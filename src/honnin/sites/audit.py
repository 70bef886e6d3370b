"""Do records, journal, OCSP responder, revocation lists and files tell the same story?

What one role's database says is read from one state of it. What is outside of that state (answers, lists,
files) goes on changing: it is compared with the records of now, and what differs is asked once more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connections

from honnin.clock import Clock, day_in_japan
from honnin.errors import Unavailable
from honnin.journal.rows import row_faults
from honnin.journal.snapshot import Part, snapshot
from honnin.sites.audit_answers import Answers
from honnin.sites.audit_databases import ALIASES, database_faults
from honnin.sites.audit_journal import link_faults
from honnin.sites.audit_keys import LostKeys
from honnin.sites.audit_publication import read_publication
from honnin.sites.audit_records import record_faults
from honnin.sites.home import ROLES
from honnin.sites.journals import JOURNALS


@dataclass
class Audit:
    """How many unexpired certificates there are, how many of them no list shows yet as they are now, every
    difference, and what was not compared.
    """

    certificates: int
    waiting: int
    faults: list[str]
    not_compared: list[str] = field(default_factory=list)


def audit_status(clock: Clock, *, with_keys: bool = True) -> Audit:
    """Compare every row of every table of a role with its journal, every certificate's record with its life
    there, unexpired ones with responder and list; databases, keys and what is published with one another.

    Whether the journal itself is whole is `honnin journal verify`'s to say. Without keys nobody answers in
    the responder's name, and what the journal says of rows cannot be read. Memory grows with the number of
    rows and of certificates ever issued. Raises Unavailable E_LIST_MISSING before lists were published, and
    what says that a database is not to be had.
    """
    for role in ROLES:
        if connections[ALIASES[role]].vendor == "sqlite":
            settings.HOME.require_database(role)
    damaged = {role: database_faults(role) for role in ROLES}
    audit = Audit(0, 0, [fault for faults in damaged.values() for fault in faults])
    for role in JOURNALS:
        if with_keys and _has_key(role):
            audit.faults += () if damaged[role] else _row_faults(role)
        elif "rows" not in audit.not_compared:
            audit.not_compared.append("rows")
    if damaged["agency"]:
        audit.not_compared += ["records", "answers", "lists"]
        return audit
    audit.faults += _agency_faults(clock)
    publication, lost = read_publication(clock), LostKeys(clock) if with_keys else None
    audit.faults += [*publication.faults, *(lost.faults if lost else ())]
    answers = Answers(clock, publication, silent=lost.silent if lost else None)
    audit.faults += answers.faults()
    audit.certificates, audit.waiting = answers.certificates, answers.waiting
    if not with_keys:
        audit.not_compared.append("answers")
    return audit


def _has_key(role: str) -> bool:
    """Whether what a journal says of rows can be read. A key that is lost is told by `audit_keys`."""
    try:
        return JOURNALS[role].binder is not None
    except Unavailable:
        return False


def _row_faults(role: str) -> Iterator[str]:
    """Rows that are not as the journal of their role tells, from one state of both."""
    with snapshot(role):
        yield from _read(role, f"tables of the {role}", lambda: row_faults(JOURNALS[role]))


def _agency_faults(clock: Clock) -> Iterator[str]:
    """What is in the agency's database, from one state of it."""
    with snapshot("agency"):
        today = day_in_japan(clock.now())  # no earlier day than that of the state
        yield from _read("agency", "records", lambda: record_faults(today))
        yield from _read("agency", "links", link_faults)


def _read(database: str, what: str, faults: Callable[[], Iterator[str]]) -> list[str]:
    """The faults of a part; one that is damaged is a fault itself."""
    found: list[str] = []
    with Part(database, lambda: found.append(f"{what}: something that cannot be read")):
        found.extend(faults())
    return found
