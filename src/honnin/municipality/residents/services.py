"""Changes of the resident register, and the reports to the agency that follow from them."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Model, QuerySet

from honnin.clock import day_in_japan
from honnin.errors import Conflict, NotAllowed, Refused, Unavailable
from honnin.identifiers import PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.certificates.lapse import (
    MINOR_CHANGES,
    EntryChange,
    Event,
    events_of_moving_out,
    latest_overdue_move,
)
from honnin.law.citation import cites
from honnin.law.counter.notices import Item, Notice
from honnin.law.counter.registration import registration_refusals
from honnin.law.names.addresses import change_of_address
from honnin.law.terms import Purpose
from honnin.municipality.records.journal import Act, append
from honnin.municipality.residents.delivery import (
    Happened,
    deliver,
    mark_heard,
    municipality_of,
    note_event,
    waiting_in_pages,
)
from honnin.municipality.residents.entered import require_entered, require_rows_entered
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import (
    REPORT_OF_LOSS,
    Arrival,
    ChangeReport,
    Departure,
    FormerEntry,
    Municipality,
    Resident,
)
from honnin.municipality.residents.queries import planned_departures, registration_of
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import LossReported, PersonState

DATABASE = "municipality"
CHORES = "chores"
"""How the journal calls an installation that does something by itself."""

_CONTENT = frozenset({"address", *(item.value for item in Item)})
"""Columns in which somebody who was faster is noticed."""

log = logging.getLogger(__name__)


def place_names() -> frozenset[str]:
    """Every municipality here, as addresses begin with it."""
    return frozenset(place.written() for place in Municipality.objects.all())


@cites("S1-E3a", "S1-E3c", "S2-3a", "S2-3c")
def record_change_of_address(
    resident: Resident,
    address: str,
    declared: EntryChange = EntryChange.ADDRESS,
    *,
    moved_on: date | None = None,
    clerk: str,
    at: datetime,
) -> PersonState | None:
    """Change the address of an entry in the register; the law says what follows for certificates.

    `declared`: what the clerk says happened, where the two texts do not show it. After a move, on the day
    `moved_on`, the signature certificate lapses (it carries the address), the authentication certificate does
    not. After a minor correction nothing lapses. Either way the agency hears of it. Raises what the line
    raises; the report then waits for `deliver_reports`.
    """
    change = change_of_address(resident.address, address, declared)
    written: dict[str, object] = {"address": address, "card_outdated": True}
    if change is EntryChange.ADDRESS:
        written["address_since"] = moved_on
    notice = Notice.MINOR_CORRECTION if change in MINOR_CHANGES else Notice.MOVE_WITHIN
    happened = Happened(Event.ENTRY_CORRECTED, notice, (change,), moved_on)
    return record_change(resident, written, happened, clerk, at)


def record_move_out(
    resident: Resident, destination: str, moved_on: date, *, clerk: str, at: datetime
) -> PersonState | None:
    """The person moves to another municipality. On the day of the move the entry is removed: by this act or,
    of a notice ahead of it, by `departures.carry_out_departures`. Otherwise as above.

    All that follows is written with it: that the loss of a card, if one is open, is reported herewith, and
    what the time to move in elsewhere has ended already. Raises as `plan_departure`.
    """
    today = day_in_japan(at)
    departure = Departure(resident=resident, destination=destination, moved_on=moved_on, notified_on=today)
    loss = ChangeReport(
        resident=resident,
        municipality_id=resident.municipality_id,
        ground=REPORT_OF_LOSS,
        clerk=clerk,
        known_at=at,
    )
    if moved_on > today:
        plan_departure(resident, departure, clerk, at, loss)
        return deliver_now([loss], at)
    happened = Happened(Event.MOVED_OUT_BY_NOTICE, Notice.MOVE_OUT, on=moved_on)
    with transaction.atomic(using=DATABASE):
        reports = [_write(resident, {"removed_on": moved_on}, happened, clerk, at, departure, loss), loss]
        if Event.MOVE_NOT_COMPLETED in events_of_moving_out(moved_on, today):
            actor = str(Sender("municipality", resident.municipality_id, clerk))
            reports += _end_move(departure, actor, clerk, at)
    resident.removed_on = moved_on
    return deliver_now(reports, at)


def end_overdue_moves(at: datetime) -> int:
    """Report everyone who moved out and did not move in elsewhere in time; returns how many there were.

    With the card ends a loss of it that was reported, which no counter may close any more. Who moved in at a
    municipality of this register is none of them; of another, the agency knows.
    """
    overdue = overdue_moves(day_in_japan(at)).select_related("resident")
    return sum(bool(_end_move(departure, CHORES, CHORES, at)) for departure in overdue)


def _end_move(departure: Departure, actor: str, clerk: str, at: datetime) -> list[ChangeReport]:
    """The reports of a move that was not completed; none where that was recorded before."""
    with transaction.atomic(using=DATABASE):
        # The entry first, as whoever moves in does.
        entry = Resident.objects.select_for_update().get(pk=departure.resident_id)
        locked = Departure.objects.select_for_update().get(pk=departure.pk)
        if locked.over:
            return []
        locked.over = True
        locked.save(update_fields=["over"])
        happened = Happened(Event.MOVE_NOT_COMPLETED, Notice.MOVE_OUT, on=locked.moved_on)
        report = note_event(entry, happened, clerk=clerk, at=at)
        act = Act(actor, "move not completed", f"resident {entry.public_id}", {})
        append(act, at, changed(locked, "over"), report)
    return [report]


def overdue_moves(on: date) -> QuerySet[Departure]:
    """Notices of a move whose time to move in elsewhere has passed on a day."""
    overdue = Departure.objects.filter(over=False, abroad=False, planned=False)
    return overdue.filter(moved_on__lte=latest_overdue_move(on)).order_by("moved_on")


def plan_departure(resident: Resident, departure: Departure, clerk: str, at: datetime, *new: Model) -> None:
    """Keep a notice of moving away whose day has not come: until then the entry stands.

    Raises Refused for an entry that was removed and for a destination that cannot be recorded, Conflict
    E_DEPARTURE_PLANNED where another notice waits.
    """
    departure.planned = True
    require_rows_entered([departure])
    with transaction.atomic(using=DATABASE):
        entry = _changed(resident, {})
        if planned_departures(entry).exists():
            raise Conflict("E_DEPARTURE_PLANNED")
        for row in (departure, *new):
            row.save(force_insert=True)
        actor = str(Sender("municipality", entry.municipality_id, clerk))
        append(Act(actor, "plan departure", f"resident {entry.public_id}", {}), at, departure, *new)


def record_removal(
    resident: Resident, on: date, *, notice: Notice = Notice.DEATH, clerk: str, at: datetime
) -> PersonState | None:
    """The entry is removed otherwise (death, or ex officio): both certificates lapse. Otherwise as above."""
    return record_change(
        resident, {"removed_on": on}, Happened(Event.REMOVED_OTHERWISE, notice, on=on), clerk, at
    )


def record_change(
    resident: Resident,
    change: Mapping[str, object],
    happened: Happened,
    clerk: str,
    at: datetime,
    *new: Model,
) -> PersonState | None:
    """Change columns of an entry, keep what stood before, and tell the agency what happened, in one act.

    Raises Refused as `require_entered`, and as `_changed`, and what the line raises; the report then waits
    for `deliver_reports`.
    """
    report = _write(resident, change, happened, clerk, at, *new)
    for name, value in change.items():
        setattr(resident, name, value)
    return deliver_now([report], at)


def _write(
    resident: Resident,
    change: Mapping[str, object],
    happened: Happened,
    clerk: str,
    at: datetime,
    *new: Model,
) -> ChangeReport:
    """Write the changed columns only, so that another change at the same time is not lost."""
    require_entered(change)
    require_rows_entered(new)
    with transaction.atomic(using=DATABASE):
        before = _as_json(Resident.objects.select_for_update().get(pk=resident.pk), change)
        entry = _changed(resident, change)
        former = FormerEntry.objects.create(
            resident=entry,
            before=before,
            notice=happened.notice,
            on=happened.on,
            recorded_at=at,
            clerk=clerk,
        )
        for row in new:
            row.save(force_insert=True)
        report = note_event(entry, happened, clerk=clerk, at=at)
        actor = str(Sender("municipality", entry.municipality_id, clerk))
        act = Act(actor, "change entry", f"resident {entry.public_id}", {"event": happened.event})
        append(act, at, changed(entry, *_written(change)), former, *new, report)
    return report


def _as_json(entry: Resident, change: Iterable[str]) -> dict[str, str | None]:
    """What stands in the columns that change, but for what is no content of the entry."""
    values = {name: getattr(entry, name) for name in change if name != "card_outdated"}
    return {name: None if value is None else str(value) for name, value in values.items()}


def deliver_now(reports: Iterable[ChangeReport], at: datetime) -> PersonState | None:
    """Deliver reports at once; returns the person's state after the last report of a lapse."""
    states = [deliver(report, at) for report in reports]
    return next((state for state in reversed(states) if isinstance(state, PersonState)), None)


def newest_report(resident: Resident) -> int:
    """The number of the newest report about a resident, 0 for none: asked before the agency is asked how the
    person stands, so that what is reported in between is noticed.
    """
    found = ChangeReport.objects.filter(resident=resident).order_by("-pk").values_list("pk", flat=True)
    return found.first() or 0


@dataclass(frozen=True)
class NewReport:
    """What became known at the counter: the act as the journal calls it, and why which certificates lapse.

    `since`: the newest report (`newest_report`) when the clerk saw how the person stands.
    """

    act: str
    ground: str
    since: int
    purposes: tuple[Purpose, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)


def queue_report(resident: Resident, new: NewReport, clerk: str, at: datetime) -> ChangeReport | None:
    """A report that the agency is to hear, with the entry of the act that it follows from.

    None where the same was reported after `new.since`. What was reported and still waits to be heard is not
    written a second time, but for a loss: another one may have been telephoned since.
    """
    with transaction.atomic(using=DATABASE):
        Resident.objects.select_for_update().get(pk=resident.pk)
        fields = {"resident": resident, "ground": new.ground, "purposes": "+".join(sorted(new.purposes))}
        same = ChangeReport.objects.filter(**fields)
        waiting = same.filter(delivered=False).order_by("pk").first()
        if waiting is not None and new.ground != REPORT_OF_LOSS:
            return waiting
        if same.filter(pk__gt=new.since).exists():
            return None
        municipality = resident.municipality_id
        report = ChangeReport.objects.create(**fields, municipality_id=municipality, clerk=clerk, known_at=at)
        actor = str(Sender("municipality", resident.municipality_id, clerk))
        subject = f"resident {resident.public_id}"
        append(Act(actor, new.act, subject, dict(new.detail)), at, report)
    return report


def report_ground(resident: Resident, new: NewReport, *, clerk: str, at: datetime) -> PersonState | None:
    """Record, as an act, that a ground for lapse became known at the counter, and report it to the agency.

    What the line raises is raised; the report then waits for `deliver_reports`, unless the agency refused.
    None where somebody else reported the same in between.
    """
    report = queue_report(resident, new, clerk, at)
    if report is None:
        return None
    state = deliver_act(report, at)
    assert isinstance(state, PersonState)
    return state


def report_loss(resident: Resident, *, clerk: str, at: datetime, since: int) -> bool:
    """The same for a loss that the holder reports; returns whether that was still waited for."""
    report = queue_report(resident, NewReport("report loss", REPORT_OF_LOSS, since), clerk, at)
    if report is None:
        return False
    heard = deliver_act(report, at)
    assert isinstance(heard, LossReported)
    return heard.was_open


def deliver_act(report: ChangeReport, at: datetime) -> PersonState | LossReported:
    """Deliver a report at once; where the agency refuses it, it is dropped and the clerk gets the refusal."""
    try:
        return deliver(report, at)
    except (NotAllowed, Refused):
        mark_heard(report, "report refused", at)
        raise


def _changed(resident: Resident, change: Mapping[str, object]) -> Resident:
    """The entry as it stands now with the change, held until the transaction ends.

    Raises Refused for one that was removed meanwhile: nothing of it changes any more; Conflict
    E_ENTRY_CHANGED where what is to change says something else than `resident` does: somebody was faster.
    """
    entry = Resident.objects.select_for_update().get(pk=resident.pk)
    if refusals := registration_refusals(registration_of(entry)):
        raise Refused(*refusals)
    if any(getattr(entry, name) != getattr(resident, name) for name in change if name in _CONTENT):
        raise Conflict("E_ENTRY_CHANGED")
    for name, value in change.items():
        setattr(entry, name, value)
    entry.save(update_fields=_written(change))
    return entry


def _written(change: Mapping[str, object]) -> tuple[str, ...]:
    """The fields of a change, and those by which the person is found after it."""
    return (*change, *keys_after(Resident, change))


def note_card_updated(written: Resident, *, actor: str, at: datetime) -> None:
    """The card says what this entry says; not noted when the entry has changed since it was read."""
    with transaction.atomic(using=DATABASE):
        present = Resident.objects.select_for_update().get(pk=written.pk)
        gone = present.removed_on is not None
        if present.card_outdated and not gone and present.basic_four() == written.basic_four():
            entry = _changed(present, {"card_outdated": False})
            act = Act(actor, "note card updated", f"resident {entry.public_id}", {})
            append(act, at, changed(entry, "card_outdated"), *_card_shown(entry))


def _card_shown(entry: Resident) -> list[Written]:
    """Who moved in has shown the card herewith."""
    written: list[Written] = []
    for arrival in Arrival.objects.filter(resident=entry, card_shown=False, over=False):
        arrival.card_shown = True
        arrival.save(update_fields=["card_shown"])
        written.append(changed(arrival, "card_shown"))
    return written


def waiting_reports() -> int:
    """How many changes the agency has not heard of yet."""
    return ChangeReport.objects.filter(delivered=False).count()


def deliver_reports(at: datetime, person_code: PersonCode | None = None) -> int:
    """Deliver waiting reports to the agency, the oldest first; returns how many it took.

    `person_code` limits it to one resident.

    A report that was heard but not marked is told again: hearing twice changes nothing at the agency. One
    that the agency does not take keeps waiting; an event holds up none but those of the same person. Raises
    Unavailable, after those of the other municipalities, when the agency cannot be reached by the line of
    one.
    """
    taken, away, held_up = 0, dict[str, Unavailable](), set[str]()
    waiting = ChangeReport.objects.filter(delivered=False).select_related("resident")
    for report in waiting_in_pages(waiting if person_code is None else waiting.filter(resident=person_code)):
        if municipality_of(report) in away or (report.number and report.resident_id in held_up):
            continue
        try:
            deliver(report, at)
            taken += 1
        except Unavailable as error:
            away[municipality_of(report)] = error
        except (NotAllowed, Refused, Conflict) as error:
            log.warning("change report %s was not taken: %s", report.pk, error.code)
            if report.number:
                held_up.add(report.resident_id)
            elif report.ground == REPORT_OF_LOSS and isinstance(error, NotAllowed):
                mark_heard(report, "report refused", at)  # who has moved in elsewhere reports it there
    for first in away.values():
        raise first
    return taken
