"""Moving away ahead of the planned day, and abroad: the entry stands until the day, and is removed on it."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from honnin.clock import day_in_japan
from honnin.errors import Refused
from honnin.journal.binding import Written, changed
from honnin.law.certificates.lapse import Event
from honnin.law.citation import cites
from honnin.law.counter.notices import Notice
from honnin.law.counter.registration import Registration, registration_refusals
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import Happened, note_event
from honnin.municipality.residents.models import ChangeReport, Departure, FormerEntry, Resident
from honnin.municipality.residents.queries import registration_of
from honnin.municipality.residents.services import CHORES, deliver_now, plan_departure, record_change
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import PersonState


@cites("register-act/24", "card-order/14")
def record_move_abroad(
    resident: Resident, country: str, on: date, *, keeps_card: bool = False, clerk: str, at: datetime
) -> PersonState | None:
    """A notice of moving abroad. Up to the planned day the entry stays and certificates have effect; from
    that day on it is removed, by this act or by `carry_out_departures`.

    `keeps_card`: the card goes on abroad (継続利用), where the law allows it; of a notice ahead of the day.
    Raises as `record_change` and `plan_departure`.
    """
    today = day_in_japan(at)
    departure = Departure(resident=resident, destination=country, moved_on=on, notified_on=today, abroad=True)
    if on <= today:
        departure.over = True
        happened = Happened(Event.MOVED_ABROAD, Notice.MOVE_ABROAD, on=on)
        return record_change(resident, {"removed_on": on}, happened, clerk, at, departure)
    departure.keeps_card = keeps_card
    plan_departure(resident, departure, clerk, at)
    return None


def due_departures(on: date) -> QuerySet[Departure]:
    """Notices of moving away whose planned day has come."""
    return Departure.objects.filter(over=False, planned=True, moved_on__lte=on).order_by("moved_on", "pk")


def carry_out_departures(at: datetime) -> int:
    """Remove the entries of all whose planned day of moving away has come; returns how many there were.

    What cannot be told to the agency now waits for `deliver_reports`.
    """
    due = list(due_departures(day_in_japan(at)).values_list("pk", "resident"))
    for departure, person_code in due:
        with transaction.atomic(using=DATABASE):
            entry = Resident.objects.select_for_update().get(pk=person_code)
            planned = Departure.objects.select_for_update().get(pk=departure)
            if planned.over or not planned.planned:
                continue
            rows = leave(entry, planned, CHORES, at)[1] if entry.removed_on is None else _dropped(planned)
            append(Act(CHORES, "leave as planned", f"resident {entry.public_id}", {}), at, *rows)
    return len(due)


def _dropped(planned: Departure) -> list[Written]:
    """Whose entry was removed before the day came does not leave."""
    planned.over = True
    planned.save(update_fields=["over"])
    return [changed(planned, "over")]


def leave(
    entry: Resident, planned: Departure, clerk: str, at: datetime, *, to: str = ""
) -> tuple[ChangeReport, list[Written]]:
    """Remove an entry as was planned: what the agency is to hear, and all that was written. `to`: the
    address within Japan to which the person has moved by now, though the notice may be one of moving abroad.

    From the planned day runs the time in which to move in elsewhere. Must run in a transaction that holds
    the entry.
    """
    if to and planned.abroad:
        planned.destination, planned.abroad, planned.keeps_card = to, False, False
    notice = Notice.MOVE_ABROAD if planned.abroad else Notice.MOVE_OUT
    day = min(planned.moved_on, day_in_japan(at))
    former = former_entry(entry, {"removed_on": None}, notice, day, clerk, at)
    entry.removed_on = day
    entry.save(update_fields=["removed_on"])
    planned.planned, planned.over = False, planned.abroad
    columns = ("planned", "over", "destination", "abroad", "keeps_card")
    planned.save(update_fields=columns)
    report = note_event(entry, _of_leaving(planned, notice, day), clerk=clerk, at=at)
    return report, [changed(entry, "removed_on"), changed(planned, *columns), former, report]


def _of_leaving(planned: Departure, notice: Notice, day: date) -> Happened:
    """The event: of a card that goes on abroad it names the day of the notice, since which certificates that
    were issued go on too.
    """
    if planned.abroad and planned.keeps_card:
        return Happened(Event.MOVED_ABROAD_WITH_CARD, notice, on=planned.notified_on)
    event = Event.MOVED_ABROAD if planned.abroad else Event.MOVED_OUT_BY_NOTICE
    return Happened(event, notice, on=day)


@cites("act/12", "act/31")
def record_end_abroad(
    resident: Resident, on: date, *, notice: Notice = Notice.DEATH, clerk: str, at: datetime
) -> PersonState | None:
    """Somebody who lives abroad with a card that goes on has died, or is removed ex officio: the card and
    every certificate end.

    Our choice: the municipality that the person left keeps what a family register's supplement would say.
    Raises Refused for who does not live abroad so, and what the line raises.
    """
    with transaction.atomic(using=DATABASE):
        entry = Resident.objects.select_for_update().get(pk=resident.pk)
        registration = registration_of(entry)
        if registration is not Registration.ABROAD:
            raise Refused(*registration_refusals(registration))
        departure = Departure.objects.get(resident=entry, keeps_card=True, planned=False, completed_on=None)
        departure.keeps_card = False
        departure.save(update_fields=["keeps_card"])
        former = former_entry(entry, {}, notice, on, clerk, at)
        report = note_event(entry, Happened(Event.SUPPLEMENT_REMOVED, notice, on=on), clerk=clerk, at=at)
        act = Act(str(Sender("municipality", entry.municipality_id, clerk)), "end abroad", _about(entry), {})
        append(act, at, changed(departure, "keeps_card"), former, report)
    return deliver_now([report], at)


def _about(entry: Resident) -> str:
    return f"resident {entry.public_id}"


def former_entry(
    entry: Resident, before: Mapping[str, str | None], notice: Notice, on: date, clerk: str, at: datetime
) -> FormerEntry:
    """What stood in an entry, kept."""
    return FormerEntry.objects.create(
        resident=entry, before=dict(before), notice=notice, on=on, recorded_at=at, clerk=clerk
    )
