"""Do records, journal, OCSP responder, revocation lists and files agree?

What one role's database says is read from one state of it. What is outside of that state (answers, lists,
files) goes on changing: it is compared with the records of now, and what differs is asked once more.

Whatever is altered until it cannot be read is a fault of its own, and hides no other: every part is gone
through as far as it can be read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.db import connections

from honnin.agency.audit.answers import Answers
from honnin.agency.audit.keys import LostKeys
from honnin.agency.audit.links import link_faults
from honnin.agency.audit.publication import Publication, read_publication
from honnin.agency.audit.records import record_faults
from honnin.clock import Clock, day_in_japan
from honnin.errors import Unavailable, catalogue
from honnin.journal.rows import form_faults, row_faults
from honnin.journal.snapshot import UNREADABLE, Part, is_damage, snapshot
from honnin.sites.audit.databases import alias_of, database_faults
from honnin.sites.audit.keys import municipality_key_faults
from honnin.sites.journals import JOURNALS
from honnin.sites.responder import make_responder
from honnin.sites.roles import databases, role_named
from honnin.translation import Sentence, message

PARTS = {  # what can be compared, with its name in messages
    "records": message("records"),
    "answers": message("answers"),
    "lists": message("lists"),
    "keys": message("keys"),
    "rows": message("rows"),
}


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
    rows and of certificates ever issued. Raises Unavailable E_LIST_MISSING before lists were published,
    Untrusted E_DATABASE_OF_ANOTHER_ROLE, and what says that a database is not to be had.
    """
    for name in databases():
        if connections[alias_of(name)].vendor == "sqlite":
            settings.HOME.require_database(name)
    audit = Audit(0, 0, [])
    for name in databases():
        audit.faults += database_faults(name)
    for role in JOURNALS:
        _compare_rows(audit, role, with_keys=with_keys)
    _compare_records(audit, clock)
    _compare_published(audit, clock, with_keys=with_keys)
    return audit


def _compare_rows(audit: Audit, role: str, *, with_keys: bool) -> None:
    """Finds rows that are stored in a wrong form, or differ from the journal of their role."""
    name, journal = Sentence(role_named(role).tables), JOURNALS[role]
    with _Outside(audit, "rows", name), snapshot(role):
        audit.faults += _read(role, name, lambda: form_faults(journal))
        if with_keys and _has_key(role):
            audit.faults += _read(role, name, lambda: row_faults(journal))
        elif "rows" not in audit.not_compared:
            audit.not_compared.append("rows")


def _has_key(role: str) -> bool:
    """Whether what a journal says of rows can be read. A key that is lost is told by `LostKeys`."""
    try:
        return JOURNALS[role].binder is not None
    except Unavailable:
        return False


def _compare_records(audit: Audit, clock: Clock) -> None:
    """What is in the agency's database, from one state of it."""
    with _Outside(audit, "records"), snapshot("agency"):
        today = day_in_japan(clock.now())  # no earlier day than that of the state
        audit.faults += _read("agency", Sentence("records"), lambda: record_faults(today))
        audit.faults += _read("agency", Sentence("links"), link_faults)


def _compare_published(audit: Audit, clock: Clock, *, with_keys: bool) -> None:
    """Compares answers, lists and files, which go on changing."""
    publication, lost = Publication(), None
    with _Outside(audit, "lists"):
        publication = read_publication(clock)
        audit.faults += publication.faults
    if with_keys:
        with _Outside(audit, "keys"):
            lost = LostKeys(clock)
            audit.faults += [*lost.faults, *municipality_key_faults()]
    if not publication.keys:
        return
    with _Outside(audit, "answers"):
        responder = partial(make_responder, settings.HOME, clock)
        answers = Answers(clock, publication, responder, silent=lost.silent if lost else None)
        try:
            audit.faults += answers.faults()
        finally:
            audit.certificates, audit.waiting = answers.certificates, answers.waiting
    if lost is None:
        _leave_out(audit, "answers")


def _leave_out(audit: Audit, part: str) -> None:
    if part not in audit.not_compared:
        audit.not_compared.append(part)


class _Outside:
    """A part of the audit. What cannot be read is a fault; what cannot be done after faults were found is
    told beside them, and without any it is raised.
    """

    def __init__(self, audit: Audit, part: str, name: str = "") -> None:
        """`part` as in `Audit.not_compared`; `name` as faults of it are told."""
        self._audit, self._part, self._name = audit, part, name or Sentence(PARTS[part])

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Unavailable) and self._audit.faults:
            self._audit.faults.append(_cause(self._name, error))
        elif isinstance(error, UNREADABLE) and is_damage(error, is_present=True):
            self._audit.faults.append(Sentence("{name}: something that cannot be read", name=self._name))
        else:
            return False
        _leave_out(self._audit, self._part)
        return True


def _cause(name: str, error: Unavailable) -> Sentence:
    cause = Sentence(catalogue()[error.code]["cause"], **error.context)
    return Sentence("{name}: {fault}", name=name, fault=cause)


def _read(database: str, what: str, faults: Callable[[], Iterable[str]]) -> list[str]:
    """The faults of a part; one that is damaged is a fault itself, beside those that were found before."""
    found: list[str] = []
    with Part(
        database,
        lambda: found.append(Sentence("{name}: something that cannot be read", name=what)),
        is_present=True,
    ):
        for fault in faults():  # one by one: those before something that cannot be read are kept
            found.append(fault)
    return found
