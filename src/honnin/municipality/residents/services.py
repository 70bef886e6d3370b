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
from honnin.journal.binding import changed
from honnin.law.certificates.lapse import (
    EntryChange,
    Event,
    event_of_change,
    events_of_moving_out,
    grounds_of,
    latest_overdue_move,
)
from honnin.law.citation import cites
from honnin.law.counter.registration import registration_refusals
from honnin.law.names.addresses import change_of_address
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.records.journal import Act, append
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import (
    REPORT_OF_LOSS,
    ChangeReport,
    Departure,
    Municipality,
    Resident,
)
from honnin.municipality.residents.queries import registration_of
from honnin.wire.line import Sender, line_to
from honnin.wire.messages.certificates import LossReported, PersonState, ReportLapse, ReportLoss

DATABASE = "municipality"
CHORES = "chores"
"""How the journal calls an installation that does something by itself."""

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
    `moved_on`, the agency gets a report: the signature certificate lapses (it carries the address), the
    authentication certificate does not. After a minor correction nothing lapses and no report is sent: None.
    Raises what the line raises; the report then waits for `deliver_reports`.
    """
    change = change_of_address(resident.address, address, declared)
    written: dict[str, object] = {"address": address, "card_outdated": True}
    if change is EntryChange.ADDRESS:
        written["address_since"] = moved_on
    return _record(resident, written, event_of_change(change, day_in_japan(at)), clerk, at)


def record_move_out(
    resident: Resident, destination: str, moved_on: date, *, clerk: str, at: datetime
) -> PersonState | None:
    """The entry is removed, for the person moved to another municipality; otherwise as above.

    All that follows is written with it: that the loss of a card, if one is open, is reported herewith, and
    what the time to move in elsewhere has ended already.
    """
    departure = Departure(resident=resident, destination=destination, moved_on=moved_on)
    loss = ChangeReport(resident=resident, ground=REPORT_OF_LOSS, clerk=clerk, known_at=at)
    change, event = {"removed_on": moved_on}, Event.MOVED_OUT_BY_NOTICE
    with transaction.atomic(using=DATABASE):
        reports = [*_write(resident, change, event, clerk, at, departure, loss), loss]
        if Event.MOVE_NOT_COMPLETED in events_of_moving_out(moved_on, day_in_japan(at)):
            actor = str(Sender("municipality", resident.municipality_id, clerk))
            reports += _end_move(departure, actor, clerk, at)
    resident.removed_on = moved_on
    return _deliver_now(reports, at)


def end_overdue_moves(at: datetime) -> int:
    """Report everyone who moved out and did not move in elsewhere in time; returns how many there were.

    With the card ends a loss of it that was reported, which no counter may close any more. Moving in is not
    recorded by this version: whoever moves out comes to this.
    """
    overdue = overdue_moves(day_in_japan(at)).select_related("resident")
    return sum(bool(_end_move(departure, CHORES, CHORES, at)) for departure in overdue)


def _end_move(departure: Departure, actor: str, clerk: str, at: datetime) -> list[ChangeReport]:
    """The reports of a move that was not completed; none where that was recorded before."""
    with transaction.atomic(using=DATABASE):
        locked = Departure.objects.select_for_update().get(pk=departure.pk)
        if locked.over:
            return []
        locked.over = True
        locked.save(update_fields=["over"])
        entry = departure.resident
        reports = [
            ChangeReport.objects.create(resident=entry, ground=ground, clerk=clerk, known_at=at)
            for ground in sorted(grounds_of(Event.MOVE_NOT_COMPLETED))
        ]
        act = Act(actor, "move not completed", f"resident {entry.public_id}", {})
        append(act, at, changed(locked, "over"), *reports)
    return reports


def overdue_moves(on: date) -> QuerySet[Departure]:
    """Notices of a move whose time to move in elsewhere has passed on a day."""
    return Departure.objects.filter(over=False, moved_on__lte=latest_overdue_move(on)).order_by("moved_on")


def record_removal(resident: Resident, on: date, *, clerk: str, at: datetime) -> PersonState | None:
    """The entry is removed otherwise (death): both certificates lapse. Otherwise as above."""
    return _record(resident, {"removed_on": on}, Event.REMOVED_OTHERWISE, clerk, at)


def _record(
    resident: Resident, change: Mapping[str, object], event: Event, clerk: str, at: datetime, *new: Model
) -> PersonState | None:
    reports = _write(resident, change, event, clerk, at, *new)
    for name, value in change.items():
        setattr(resident, name, value)
    return _deliver_now(reports, at)


def _write(
    resident: Resident, change: Mapping[str, object], event: Event, clerk: str, at: datetime, *new: Model
) -> list[ChangeReport]:
    """Write the changed columns only, so that another change at the same time is not lost."""
    with transaction.atomic(using=DATABASE):
        entry = _changed(resident, change)
        for row in new:
            row.save(force_insert=True)
        reports = [
            ChangeReport.objects.create(resident=entry, ground=ground, clerk=clerk, known_at=at)
            for ground in sorted(grounds_of(event))
        ]
        actor = str(Sender("municipality", entry.municipality_id, clerk))
        act = Act(actor, "change entry", f"resident {entry.public_id}", {"event": event})
        append(act, at, changed(entry, *_written(change)), *new, *reports)
    return reports


def _deliver_now(reports: Iterable[ChangeReport], at: datetime) -> PersonState | None:
    """Deliver reports at once; returns the person's state after the last report of a lapse."""
    states = [_deliver(report, at) for report in reports]
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


def _queue_report(resident: Resident, new: NewReport, clerk: str, at: datetime) -> ChangeReport | None:
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
        report = ChangeReport.objects.create(**fields, clerk=clerk, known_at=at)
        actor = str(Sender("municipality", resident.municipality_id, clerk))
        subject = f"resident {resident.public_id}"
        append(Act(actor, new.act, subject, dict(new.detail)), at, report)
    return report


def report_ground(resident: Resident, new: NewReport, *, clerk: str, at: datetime) -> PersonState | None:
    """Record, as an act, that a ground for lapse became known at the counter, and report it to the agency.

    What the line raises is raised; the report then waits for `deliver_reports`, unless the agency refused.
    None where somebody else reported the same in between.
    """
    report = _queue_report(resident, new, clerk, at)
    if report is None:
        return None
    state = _deliver_act(report, at)
    assert isinstance(state, PersonState)
    return state


def report_loss(resident: Resident, *, clerk: str, at: datetime, since: int) -> bool:
    """The same for a loss that the holder reports; returns whether that was still waited for."""
    report = _queue_report(resident, NewReport("report loss", REPORT_OF_LOSS, since), clerk, at)
    if report is None:
        return False
    heard = _deliver_act(report, at)
    assert isinstance(heard, LossReported)
    return heard.was_open


def _deliver_act(report: ChangeReport, at: datetime) -> PersonState | LossReported:
    """Deliver a report at once; where the agency refuses it, it is dropped and the clerk gets the refusal."""
    try:
        return _deliver(report, at)
    except (NotAllowed, Refused):
        _heard(report, "report refused", at)
        raise


def _changed(resident: Resident, change: Mapping[str, object]) -> Resident:
    """The entry as it stands now with the change, held until the transaction ends.

    Raises Refused for one that was removed meanwhile: nothing of it changes any more; Conflict
    E_ENTRY_CHANGED where what is to change says something else than `resident` does: somebody was faster.
    """
    entry = Resident.objects.select_for_update().get(pk=resident.pk)
    if refusals := registration_refusals(registration_of(entry)):
        raise Refused(*refusals)
    if "address" in change and entry.address != resident.address:
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
            append(act, at, changed(entry, "card_outdated"))


def waiting_reports() -> int:
    """How many changes the agency has not heard of yet."""
    return ChangeReport.objects.filter(delivered=False).count()


def deliver_reports(at: datetime, person_code: PersonCode | None = None) -> int:
    """Deliver waiting reports to the agency, the oldest first; returns how many it took.

    `person_code` limits it to one resident.

    A report that was heard but not marked is told again: hearing twice changes nothing at the agency. One
    that the agency does not take keeps waiting and holds up no other. Raises Unavailable, after those of the
    other municipalities, when the agency cannot be reached by the line of one.
    """
    taken, away = 0, dict[str, Unavailable]()
    waiting = ChangeReport.objects.filter(delivered=False).select_related("resident").order_by("pk")
    for report in waiting if person_code is None else waiting.filter(resident_id=person_code):
        if report.resident.municipality_id in away:
            continue
        try:
            _deliver(report, at)
            taken += 1
        except Unavailable as error:
            away[report.resident.municipality_id] = error
        except (NotAllowed, Refused, Conflict) as error:
            log.warning("change report %s was not taken: %s", report.pk, error.code)
    for first in away.values():
        raise first
    return taken


def _deliver(report: ChangeReport, at: datetime) -> PersonState | LossReported:
    line = line_to("agency", report.resident.municipality_id)
    answer: PersonState | LossReported
    if report.ground == REPORT_OF_LOSS:
        answer = line.ask(ReportLoss(report.resident_id, report.known_at), report.clerk)
    else:
        purposes = tuple(Purpose(each) for each in report.purposes.split("+") if each)
        answer = line.ask(ReportLapse(report.resident_id, LapseGround(report.ground), purposes), report.clerk)
    _heard(report, "report delivered", at)
    return answer


def _sender(report: ChangeReport) -> Sender:
    return Sender("municipality", report.resident.municipality_id, report.clerk)


def _heard(report: ChangeReport, act: str, at: datetime) -> None:
    """Mark a report as delivered."""
    with transaction.atomic(using=DATABASE):
        heard = ChangeReport.objects.select_for_update().get(pk=report.pk)
        if not heard.delivered:
            heard.delivered = True
            heard.save(update_fields=["delivered"])
            subject = f"resident {report.resident.public_id}"
            entry = Act(str(_sender(report)), act, subject, {"report": heard.pk})
            append(entry, at, changed(heard, "delivered"))
