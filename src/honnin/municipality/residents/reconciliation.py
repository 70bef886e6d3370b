"""Whether the agency has heard every event of a register, each once and in its order; and what is mended.

The municipality goes through its own events and the agency's counts side by side, both in the order of the
resident record codes, some hundred persons in memory at a time. What was not heard is told again. What came
twice or before its turn did nothing, and is counted. Where the agency heard something else under the same
numbers (the records of one of the two were put back to an older state), nothing is told: that is for people.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from honnin.errors import Conflict, NotAllowed, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import deliver, mark_heard, message_of
from honnin.municipality.residents.models import ChangeReport, Municipality, Reconciliation
from honnin.wire.line import Sender, line_to
from honnin.wire.messages.register import NOTHING_HEARD, AskEventCounts, EventCount, digest_after

AT_ONCE = 1000
EVERY = timedelta(days=1)
"""How often an installation compares by itself (our choice)."""
Events = list[ChangeReport]

log = logging.getLogger(__name__)


@dataclass
class Found:
    """What a comparison found, as `Reconciliation` keeps it."""

    persons: int = 0
    events: int = 0
    dropped: int = 0
    unmarked: int = 0
    repeated: int = 0
    early: int = 0
    differing: int = 0


def reconcile(code: MunicipalityCode, *, actor: str, at: datetime) -> Reconciliation:
    """Compare all events of a municipality with what the agency has heard, and tell what it has not.

    Raises what the line raises; what was told until then stays told.
    """
    found = Found()
    for person_code, events, count in _side_by_side(_own(code), _heard(code, actor)):
        found.persons += 1
        found.events += len(events)
        if count is not None:
            found.repeated += count.repeated
            found.early += count.early
        _mend(found, person_code, events, count, at)
    with transaction.atomic(using=DATABASE):
        kept = Reconciliation.objects.create(municipality_id=code, at=at, **asdict(found))
        act = Act(str(Sender("municipality", code, actor)), "reconcile events", "register", asdict(found))
        append(act, at, kept)
    return kept


def _mend(
    found: Found, person_code: PersonCode, events: Events, count: EventCount | None, at: datetime
) -> None:
    heard = count.heard if count else 0
    if heard > len(events) or (count and _digest(events[:heard]) != count.digest):
        found.differing += 1
        log.warning("events of a person differ from those the agency has heard")
        return
    for event in events[:heard]:
        if not event.delivered:
            found.unmarked += 1
            mark_heard(event, "report delivered", at)
    found.dropped += len(events) - heard
    for event in events[heard:]:
        try:
            deliver(event, at)
        except (NotAllowed, Refused, Conflict) as error:
            log.warning("change report %s was not taken: %s", event.pk, error.code)
            return


def _digest(events: Events) -> str:
    digest = NOTHING_HEARD
    for event in events:
        digest = digest_after(digest, message_of(event).content())
    return digest


def _own(code: MunicipalityCode) -> Iterator[tuple[PersonCode, Events]]:
    """Each person's events, in the order of their codes."""
    for person_code, events in groupby(_own_events(code), key=attrgetter("resident_id")):
        yield person_code, list(events)


def _own_events(code: MunicipalityCode) -> Iterator[ChangeReport]:
    own = ChangeReport.objects.filter(municipality_id=code, number__isnull=False)
    ordered = own.order_by("resident_id", "number")
    page = list(ordered[:AT_ONCE])
    while page:
        yield from page
        last = page[-1]
        # The rest of that person's, then the others: each by the index of the numbers.
        page = list(ordered.filter(resident_id=last.resident_id, number__gt=last.number)[:AT_ONCE])
        page = page or list(ordered.filter(resident_id__gt=last.resident_id)[:AT_ONCE])


def _heard(code: MunicipalityCode, actor: str) -> Iterator[EventCount]:
    """What the agency counts, in the order of the codes."""
    after, more = None, True
    while more:
        answer = line_to("agency", code).ask(AskEventCounts(after), actor)
        yield from answer.counts
        more = answer.more and bool(answer.counts)
        after = answer.counts[-1].person_code if answer.counts else None


def _side_by_side(
    own: Iterator[tuple[PersonCode, Events]], heard: Iterator[EventCount]
) -> Iterator[tuple[PersonCode, Events, EventCount | None]]:
    """Everybody of whom either of the two knows."""
    mine, theirs = next(own, None), next(heard, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs.person_code):
            assert mine is not None
            yield *mine, None
            mine = next(own, None)
        elif mine is None or theirs.person_code < mine[0]:
            yield theirs.person_code, [], theirs
            theirs = next(heard, None)
        else:
            yield *mine, theirs
            mine, theirs = next(own, None), next(heard, None)


def due_reconciliations(at: datetime) -> list[MunicipalityCode]:
    """Of which municipalities the last comparison, or without one the first event, is a day old or more."""
    return [place.code for place in Municipality.objects.order_by("code") if _is_due(place.code, at)]


def _is_due(code: MunicipalityCode, at: datetime) -> bool:
    newest = Reconciliation.objects.filter(municipality_id=code).order_by("-pk").first()
    if newest is not None:
        return not timedelta(0) <= at - newest.at < EVERY
    events = ChangeReport.objects.filter(municipality_id=code, number__isnull=False).order_by("pk")
    first = events.values_list("known_at", flat=True).first()
    return first is not None and not timedelta(0) <= at - first < EVERY
