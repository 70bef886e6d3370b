"""Who left before the events of the register were numbered: the agency was told on which ground certificates
lapse, and not that somebody left. Without that nobody else may enter them (E_MOVE_OUT_UNHEARD).
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from honnin.clock import end_of_day_in_japan
from honnin.law.certificates.lapse import Event
from honnin.law.counter.notices import Notice
from honnin.law.terms import LapseGround
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import Happened, note_event
from honnin.municipality.residents.models import ChangeReport, Departure, Resident

AT_ONCE = 500
"""Of how many people one entry of the journal tells."""
_OF_LEAVING_OR_COMING = (
    Event.MOVED_OUT_BY_NOTICE,
    Event.MOVED_ABROAD,
    Event.MOVED_ABROAD_WITH_CARD,
    Event.REMOVED_OTHERWISE,
    Event.MOVED_IN,
)
"""After which of them the agency knows whether the person has left."""


def note_who_left_before(*, at: datetime) -> int:
    """Note for everybody who left before events were numbered that the agency is to hear of it; returns how
    many there were.

    Runs again without harm, and goes on where it was cut off. `deliver_reports` tells it. Certificates and
    cards ended then; nothing ends by it now.
    """
    total = 0
    while True:
        with transaction.atomic(using=DATABASE):
            people = list(_without_event().order_by("pk").select_for_update()[:AT_ONCE])
            if not people:
                return total
            reports = [_noted(entry, at) for entry in people]
            append(Act("upgrade", "tell who left", "register", {"residents": len(people)}), at, *reports)
        total += len(people)


def _without_event() -> QuerySet[Resident]:
    """Removed entries of which an unnumbered report told, and no event tells that the person has left."""
    with_event = ChangeReport.objects.filter(
        resident=OuterRef("pk"), number__isnull=False, event__in=_OF_LEAVING_OR_COMING
    )
    of_then = _reported().values("resident")
    return Resident.objects.filter(~Exists(with_event), pk__in=of_then, removed_on__isnull=False)


def _reported() -> QuerySet[ChangeReport]:
    grounds = (LapseGround.CHANGE_OF_ENTRY, LapseGround.REMOVAL_OF_ENTRY)
    return ChangeReport.objects.filter(number=None, ground__in=grounds)


def _noted(entry: Resident, at: datetime) -> ChangeReport:
    """The event, known since its report of then; of one that says no time, since the day of leaving."""
    report = _reported().filter(resident=entry).order_by("-pk")[0]
    assert entry.removed_on is not None
    event, notice = _way_of_leaving(entry, entry.removed_on)
    known_at = report.known_at or end_of_day_in_japan(entry.removed_on)
    happened = Happened(event, notice, on=entry.removed_on)
    return note_event(entry, happened, clerk=report.clerk, at=min(known_at, at))


def _way_of_leaving(entry: Resident, on: date) -> tuple[Event, Notice]:
    """By the departure of the day on which the entry was removed; one of another day was of another time."""
    departures = Departure.objects.filter(resident=entry, planned=False, moved_on=on)
    departure = departures.order_by("-pk").first()
    if departure is None:
        return Event.REMOVED_OTHERWISE, Notice.EX_OFFICIO
    if departure.abroad:
        return Event.MOVED_ABROAD, Notice.MOVE_ABROAD
    return Event.MOVED_OUT_BY_NOTICE, Notice.MOVE_OUT
