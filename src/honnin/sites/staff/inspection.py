"""Who looked at whom: the looks at persons in the journals of both roles."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from heapq import merge

from django.contrib.auth.models import User
from django.db.models import Q

from honnin.agency.hotline import looks as hotline
from honnin.agency.hotline.models import Holder
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.errors import NotAllowed, Refusal, Refused
from honnin.identifiers import PersonCode
from honnin.journal.models import Entry
from honnin.municipality.counter.guards import looks as counter
from honnin.municipality.records.models import JournalEntry as MunicipalityEntry
from honnin.municipality.residents.models import Resident

COUNTER = (
    counter.SEARCH,
    counter.GIVE_REASON,
    counter.LOOK_AT_LIST,
    counter.LOOK_AT_NAME,
    counter.LOOK_AT_PERSON,
    counter.LOOK_AT_APPLICATION,
    counter.LOOK_AT_COPY,
)
HOTLINE = (hotline.SEARCH, hotline.LOOK_AT_CALLS, hotline.LOOK_AT_HOLDER)


@dataclass(frozen=True)
class Look:
    """One look: in whose journal and which entry, when (ISO 8601, UTC), who, what, at whom by opaque id."""

    journal: str
    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    detail: dict[str, str | int]


def require_known(*, person_code: PersonCode | None, staff: str | None) -> None:
    """Raise for an unknown person or account, which would give an empty list.

    Raises Refused E_RESIDENT_CODE_UNKNOWN for a code that no register has, NotAllowed E_ACCOUNT_UNKNOWN for
    an account that is not there, and of which no journal tells.
    """
    registers = (Resident.objects, Holder.objects)
    if person_code and not any(each.filter(person_code=person_code).exists() for each in registers):
        raise Refused(Refusal("E_RESIDENT_CODE_UNKNOWN"))
    if staff is not None and not (staff and (_has_account(staff) or _has_acted(staff))):
        raise NotAllowed("E_ACCOUNT_UNKNOWN")


def _has_account(staff: str) -> bool:
    return User.objects.filter(username=staff).exists()


def _has_acted(staff: str) -> bool:
    journals = (MunicipalityEntry, AgencyEntry)
    return any(each.objects.filter(actor__endswith=f"/{staff}").exists() for each in journals)


def looks(*, person_code: PersonCode | None = None, staff: str = "") -> Iterator[Look]:
    """Looks by time, at one person (their resident record code), or by one account, or all.

    A search and a list are looks at everybody whom they showed.
    """
    resident = Resident.objects.filter(pk=person_code).first()
    holder = Holder.objects.filter(person_code=person_code).first()
    at_counter = _at(resident.public_id) if resident else None
    on_telephone = _at(holder.pk) if holder else None
    yield from merge(
        _looks_in("municipality", MunicipalityEntry, COUNTER, _condition(person_code, at_counter, staff)),
        _looks_in("agency", AgencyEntry, HOTLINE, _condition(person_code, on_telephone, staff)),
        key=lambda look: look.at,
    )


def _condition(person_code: PersonCode | None, at_person: Q | None, staff: str) -> Q | None:
    """What to look for; None for a person of whom this journal cannot tell."""
    if person_code and at_person is None:
        return None
    condition = at_person if person_code and at_person is not None else Q()
    return condition & Q(actor__endswith=f"/{staff}") if staff else condition


def _at(public_id: str) -> Q:
    return Q(subject__endswith=public_id) | Q(detail__contains=public_id)


def _looks_in(journal: str, entries: type[Entry], acts: Iterable[str], condition: Q | None) -> Iterator[Look]:
    if condition is None:
        return
    found = entries._default_manager.filter(condition, act__in=acts).order_by("sequence")
    for entry in found.iterator(2000):
        yield Look(
            journal,
            entry.sequence,
            entry.recorded_at.astimezone(UTC).isoformat(timespec="seconds"),
            entry.actor,
            entry.act,
            entry.subject,
            json.loads(entry.detail),
        )
