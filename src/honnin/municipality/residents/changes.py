"""Changes of the register beside moves within the municipality and to another: names and corrections, moving
in and abroad; and the two clocks that run after a move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.counter.notices import (
    Item,
    Notice,
    changes_by,
    ends_card_on_moving_in,
    latest_overdue_arrival,
)
from honnin.law.names.spelling import is_same_name
from honnin.law.terms import Sex
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import Happened, note_event
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import (
    Arrival,
    Departure,
    FormerEntry,
    Resident,
)
from honnin.municipality.residents.services import CHORES, deliver_now, record_change
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import PersonState

_ON_THE_CARD = frozenset({Item.NAME, Item.BIRTH_DATE, Item.SEX, Item.FORMER_SURNAME, Item.ALIAS})


@dataclass(frozen=True)
class EntryChanged:
    """Items of an entry that are another: by which notice, from which day, and of a minor correction what the
    new `writing` is.
    """

    items: Mapping[Item, object]
    notice: Notice
    on: date
    writing: EntryChange | None = None

    @property
    def changes(self) -> tuple[EntryChange, ...]:
        """What they are in law."""
        return changes_by(self.notice, tuple(self.items), self.writing)


def record_entry_change(
    resident: Resident, new: EntryChanged, *, clerk: str, at: datetime
) -> PersonState | None:
    """Change items of an entry; the law says what follows for certificates. Raises as `record_change`."""
    written: dict[str, object] = {item.value: value for item, value in new.items.items()}
    if _ON_THE_CARD & set(new.items):
        written["card_outdated"] = True
    happened = Happened(Event.ENTRY_CORRECTED, new.notice, new.changes, new.on)
    return record_change(resident, written, happened, clerk, at)


def record_move_abroad(
    resident: Resident, country: str, on: date, *, clerk: str, at: datetime
) -> PersonState | None:
    """A notice of moving abroad. Up to the planned day the entry stays and certificates have effect; from
    that day on it is removed, by this act or by `carry_out_departures`. Raises as `record_change`.
    """
    departure = Departure(resident=resident, destination=country, moved_on=on, abroad=True)
    if on <= day_in_japan(at):
        departure.over = True
        happened = Happened(Event.MOVED_ABROAD, Notice.MOVE_ABROAD, on=on)
        return record_change(resident, {"removed_on": on}, happened, clerk, at, departure)
    with transaction.atomic(using=DATABASE):
        Resident.objects.select_for_update().get(pk=resident.pk)
        if departures_abroad(resident).exists():
            raise Conflict("E_ENTRY_CHANGED")
        departure.save(force_insert=True)
        _append(resident, "plan to move abroad", clerk, at, departure)
    return None


def departures_abroad(resident: Resident) -> QuerySet[Departure]:
    """Notices of moving abroad whose day has not come."""
    return Departure.objects.filter(resident=resident, abroad=True, over=False)


def due_departures(on: date) -> QuerySet[Departure]:
    """Whose planned day of moving abroad has come."""
    return Departure.objects.filter(over=False, abroad=True, moved_on__lte=on).order_by("moved_on", "pk")


def carry_out_departures(at: datetime) -> int:
    """Remove the entries of all whose planned day of moving abroad has come; returns how many there were.

    What cannot be told to the agency now waits for `deliver_reports`.
    """
    due = list(due_departures(day_in_japan(at)).select_related("resident"))
    for departure in due:
        with transaction.atomic(using=DATABASE):
            entry = Resident.objects.select_for_update().get(pk=departure.resident_id)
            departure.over = True
            departure.save(update_fields=["over"])
            rows: list[Written] = [changed(departure, "over")]
            if entry.removed_on is None:
                former = _former(
                    entry, {"removed_on": None}, Notice.MOVE_ABROAD, departure.moved_on, CHORES, at
                )
                entry.removed_on = departure.moved_on
                entry.save(update_fields=["removed_on"])
                happened = Happened(Event.MOVED_ABROAD, Notice.MOVE_ABROAD, on=departure.moved_on)
                report = note_event(entry, happened, clerk=CHORES, at=at)
                rows += [changed(entry, "removed_on"), former, report]
            append(Act(CHORES, "move abroad", f"resident {entry.public_id}", {}), at, *rows)
    return len(due)


@dataclass(frozen=True)
class Newcomer:
    """Who moves in, as the certificate of moving out and the notice say; `left_on`: the day of the move that
    the former municipality was told.
    """

    person_code: PersonCode
    name: str
    kana: str
    birth_date: date
    sex: Sex
    origin: str
    address: str
    left_on: date
    moved_in_on: date

    def __repr__(self) -> str:
        return "Newcomer(…)"


def against_moving_in(newcomer: Newcomer) -> tuple[Refusal, ...]:
    """Why somebody cannot be entered: E_STILL_REGISTERED for who is entered somewhere here,
    E_MOVE_IN_DIFFERS where the code is another person's, E_ENTRY_REMOVED for who has died.
    """
    known = Resident.objects.filter(pk=newcomer.person_code).first()
    if known is None:
        return ()
    if not is_same_name(known.name, newcomer.name) or known.birth_date != newcomer.birth_date:
        return (Refusal("E_MOVE_IN_DIFFERS"),)
    if known.removed_on is None:
        return (Refusal("E_STILL_REGISTERED", ("register-act/22",)),)
    gone = Departure.objects.filter(resident=known, completed_on=None).exists()
    return () if gone else (Refusal("E_ENTRY_REMOVED", ("S4-2.1",)),)


def ends_card(newcomer: Newcomer, today: date) -> bool:
    """Whether the card ends by a notice of moving in: it comes too late, or the person has moved on without
    showing the card after the move before (カード令第14条).
    """
    moved_on = Arrival.objects.filter(resident=newcomer.person_code, card_shown=False, over=False)
    return moved_on.exists() or ends_card_on_moving_in(newcomer.left_on, newcomer.moved_in_on, today)


def record_move_in(
    newcomer: Newcomer, municipality: MunicipalityCode, *, clerk: str, at: datetime
) -> tuple[Resident, PersonState | None]:
    """Enter somebody who moves in; who was entered here or next door before keeps the entry, with what stood.

    One act: the entry, the end of the former notice, when the card must have been shown, and what the agency
    is to hear: a notice that comes too late ends the card. Raises Refused as `against_moving_in`, and what
    the line raises, after the entry was made.
    """
    today = day_in_japan(at)
    with transaction.atomic(using=DATABASE):
        known = Resident.objects.select_for_update().filter(pk=newcomer.person_code).first()
        if refusals := against_moving_in(newcomer):
            raise Refused(*refusals)
        late = ends_card(newcomer, today)
        rows = [*_completed(newcomer, today), *_entered(known, newcomer, municipality, clerk, at)]
        entry = Resident.objects.get(pk=newcomer.person_code)
        arrival = Arrival.objects.create(
            resident=entry,
            origin=newcomer.origin,
            moved_in_on=newcomer.moved_in_on,
            notified_on=today,
            over=late,
        )
        events = (Event.MOVED_IN, *((Event.CARD_LOST_VALIDITY,) if late else ()))
        reports = [
            note_event(entry, Happened(each, Notice.MOVE_IN, on=newcomer.moved_in_on), clerk=clerk, at=at)
            for each in events
        ]
        _append(entry, "move in", clerk, at, *rows, arrival, *reports)
    return entry, deliver_now(reports, at)


def _completed(newcomer: Newcomer, today: date) -> list[Written]:
    """The notices of moving out that this one completes, and those of moving in that are past."""
    written: list[Written] = []
    for arrival in Arrival.objects.filter(resident=newcomer.person_code, card_shown=False, over=False):
        arrival.over = True
        arrival.save(update_fields=["over"])
        written.append(changed(arrival, "over"))
    for departure in Departure.objects.filter(resident=newcomer.person_code, completed_on=None):
        departure.completed_on, departure.over = today, True
        departure.save(update_fields=["completed_on", "over"])
        written.append(changed(departure, "completed_on", "over"))
    return written


def _entered(
    known: Resident | None, newcomer: Newcomer, municipality: MunicipalityCode, clerk: str, at: datetime
) -> list[Written]:
    columns: dict[str, object] = {
        "municipality_id": municipality,
        "name": newcomer.name,
        "kana": newcomer.kana,
        "sex": newcomer.sex,
        "address": newcomer.address,
        "address_since": newcomer.moved_in_on,
        "removed_on": None,
        "card_outdated": True,
    }
    if known is None:
        entry = Resident(person_code=newcomer.person_code, birth_date=newcomer.birth_date, **columns)
        entry.save(force_insert=True)
        former = _former(entry, {"address": newcomer.origin}, Notice.MOVE_IN, newcomer.moved_in_on, clerk, at)
        return [entry, former]
    before = {"name": known.name, "kana": known.kana, "address": known.address}
    former = _former(known, before, Notice.MOVE_IN, newcomer.moved_in_on, clerk, at)
    for name, value in columns.items():
        setattr(known, name, value)
    fields = tuple(name.removesuffix("_id") for name in columns)
    names = (*fields, *keys_after(Resident, fields))
    known.save(update_fields=names)
    return [changed(known, *names), former]


def overdue_arrivals(on: date) -> QuerySet[Arrival]:
    """Who moved in and has not shown the card in time."""
    open_ones = Arrival.objects.filter(over=False, card_shown=False)
    return open_ones.filter(notified_on__lte=latest_overdue_arrival(on)).order_by("notified_on", "pk")


def end_overdue_arrivals(at: datetime) -> int:
    """Report everyone who did not show the card in time after moving in; returns how many there were."""
    overdue = list(overdue_arrivals(day_in_japan(at)))
    for arrival in overdue:
        with transaction.atomic(using=DATABASE):
            entry = Resident.objects.select_for_update().get(pk=arrival.resident_id)
            arrival.over = True
            arrival.save(update_fields=["over"])
            happened = Happened(Event.CARD_NOT_PRESENTED, Notice.MOVE_IN, on=arrival.notified_on)
            report = note_event(entry, happened, clerk=CHORES, at=at)
            act = Act(CHORES, "card not shown", f"resident {entry.public_id}", {})
            append(act, at, changed(arrival, "over"), report)
    return len(overdue)


def _former(
    entry: Resident, before: Mapping[str, str | None], notice: Notice, on: date, clerk: str, at: datetime
) -> FormerEntry:
    return FormerEntry.objects.create(
        resident=entry, before=dict(before), notice=notice, on=on, recorded_at=at, clerk=clerk
    )


def _append(entry: Resident, act: str, clerk: str, at: datetime, *rows: Written) -> None:
    actor = str(Sender("municipality", entry.municipality_id, clerk))
    append(Act(actor, act, f"resident {entry.public_id}", {}), at, *rows)
