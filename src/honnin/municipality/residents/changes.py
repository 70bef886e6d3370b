"""Changes of the register beside moves within the municipality and away: names and corrections, births,
moving in; and the clock that runs for the card after moving in.
"""

import secrets
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
from honnin.law.counter.registration import registration_refusals
from honnin.law.names.spelling import is_same_name
from honnin.law.terms import Sex
from honnin.law.validity import TRANSITIONAL_STAY, StayStatus
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import Happened, note_event
from honnin.municipality.residents.departures import former_entry, leave
from honnin.municipality.residents.entered import require_entered
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import Arrival, ChangeReport, Departure, Resident
from honnin.municipality.residents.queries import planned_departures, registration_of
from honnin.municipality.residents.services import CHORES, deliver_now, record_change
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import PersonState

INVENTED = "99"
"""How the resident record codes of invented people begin."""
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


@dataclass(frozen=True)
class Newborn:
    """A child as the notice of birth says; `foreign`: a national of another country, who may stay for sixty
    days.
    """

    name: str
    kana: str
    birth_date: date
    sex: Sex
    relationship: str = ""
    foreign: bool = False

    def __repr__(self) -> str:
        return "Newborn(…)"


def born_already(parent: Resident, child: Newborn) -> Resident | None:
    """The entry of this child where it was made before: the same name and day of birth, at this address."""
    there = Resident.objects.filter(
        municipality=parent.municipality_id, address=parent.address, birth_date=child.birth_date
    )
    return next((each for each in there if is_same_name(each.name, child.name)), None)


def record_birth(parent: Resident, child: Newborn, *, clerk: str, at: datetime) -> Resident:
    """Enter a child where the parent is entered, with the same household, under a new resident record code.

    Nothing ends by it, and the agency hears of it. Raises Refused for a parent whose entry was removed and
    for words that cannot be entered, Conflict E_BIRTH_RECORDED where this child was entered before, and what
    the line raises, after the entry.
    """
    require_entered({"name": child.name, "kana": child.kana, "relationship": child.relationship})
    with transaction.atomic(using=DATABASE):
        stands = Resident.objects.select_for_update().get(pk=parent.pk)
        if refusals := registration_refusals(registration_of(stands)):
            raise Refused(*refusals)
        if born_already(stands, child):
            raise Conflict("E_BIRTH_RECORDED")
        entry = Resident(
            person_code=_new_code(),
            municipality_id=stands.municipality_id,
            name=child.name,
            kana=child.kana,
            birth_date=child.birth_date,
            sex=child.sex,
            address=stands.address,
            address_since=child.birth_date,
            place_of_stay=stands.place_of_stay,
            household=stands.household,
            relationship=child.relationship,
            stay_status=StayStatus.BORN_IN_JAPAN if child.foreign else "",
            stay_until=child.birth_date + TRANSITIONAL_STAY if child.foreign else None,
        )
        entry.save(force_insert=True)
        former = former_entry(entry, {}, Notice.BIRTH, child.birth_date, clerk, at)
        happened = Happened(Event.ENTERED, Notice.BIRTH, on=child.birth_date)
        report = note_event(entry, happened, clerk=clerk, at=at)
        _append(entry, "record birth", clerk, at, entry, former, report)
    deliver_now([report], at)
    return entry


def _new_code() -> PersonCode:
    """A resident record code that nobody has: drawn, as the law wants it, and an invented person's."""
    while True:
        code = PersonCode(f"{INVENTED}{secrets.randbelow(10**9):09d}")
        if not Resident.objects.filter(pk=code).exists():
            return code


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


def against_moving_in(newcomer: Newcomer, municipality: MunicipalityCode) -> tuple[Refusal, ...]:
    """Why a municipality cannot enter somebody: E_STILL_REGISTERED for who is entered there, or
    elsewhere without notice of leaving, E_MOVE_IN_DIFFERS where the code is another person's, E_ENTRY_REMOVED
    for who has died.
    """
    known = Resident.objects.filter(pk=newcomer.person_code).first()
    if known is None:
        return ()
    if not is_same_name(known.name, newcomer.name) or known.birth_date != newcomer.birth_date:
        return (Refusal("E_MOVE_IN_DIFFERS"),)
    if known.removed_on is None:
        leaves = known.municipality_id != municipality and planned_departures(known).exists()
        return () if leaves else (Refusal("E_STILL_REGISTERED", ("register-act/22",)),)
    gone = Departure.objects.filter(resident=known, completed_on=None, planned=False).exists()
    return () if gone else (Refusal("E_ENTRY_REMOVED", ("S4-2.1",)),)


def ends_card(newcomer: Newcomer, today: date) -> bool:
    """Whether the card ends by a notice of moving in: it comes too late, or the person has moved on without
    showing the card after the move before (カード令第14条).
    """
    moved_on = Arrival.objects.filter(resident=newcomer.person_code, card_shown=False, over=False)
    abroad = Departure.objects.filter(
        resident=newcomer.person_code, keeps_card=True, planned=False, completed_on=None
    )
    left_on = None if abroad.exists() else newcomer.left_on
    return moved_on.exists() or ends_card_on_moving_in(left_on, newcomer.moved_in_on, today)


def record_move_in(
    newcomer: Newcomer, municipality: MunicipalityCode, *, clerk: str, at: datetime
) -> tuple[Resident, PersonState | None]:
    """Enter somebody who moves in; who was entered here or next door before keeps the entry, with what stood.

    One act: the entry, the end of the former notice, when the card must have been shown, and what the agency
    is to hear: a notice that comes too late ends the card. Who moves in before the day that the former
    municipality was told has left there herewith. Raises Refused as `against_moving_in`, and what the line
    raises, after the entry was made.
    """
    today = day_in_japan(at)
    with transaction.atomic(using=DATABASE):
        known = Resident.objects.select_for_update().filter(pk=newcomer.person_code).first()
        if refusals := against_moving_in(newcomer, municipality):
            raise Refused(*refusals)
        _require_entered(newcomer, known)
        late = ends_card(newcomer, today)
        left, rows = _left_early(known, newcomer.address, clerk, at)
        known = known and Resident.objects.get(pk=known.pk)
        rows += [*_completed(newcomer, today), *_entered(known, newcomer, municipality, clerk, at)]
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
    return entry, deliver_now([*left, *reports], at)


def _require_entered(newcomer: Newcomer, known: Resident | None) -> None:
    """What the former municipality recorded before there was a rule goes on as it is."""
    names = ("name", "kana", "address")
    require_entered({name: getattr(newcomer, name) for name in names}, known)
    if known is None or newcomer.origin != known.address:
        require_entered({"origin": newcomer.origin})


def _left_early(
    known: Resident | None, address: str, clerk: str, at: datetime
) -> tuple[list[ChangeReport], list[Written]]:
    """Of who is entered still and has given notice: the entry ends with the act; what is to be told of it.

    Who had said that it would be abroad moves in here instead: nothing ends that moving abroad would end.
    """
    planned = planned_departures(known).first() if known and known.removed_on is None else None
    if known is None or planned is None:
        return [], []
    report, rows = leave(known, planned, clerk, at, to=address)
    return [report], rows


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
        former = former_entry(
            entry, {"address": newcomer.origin}, Notice.MOVE_IN, newcomer.moved_in_on, clerk, at
        )
        return [entry, former]
    before = {"name": known.name, "kana": known.kana, "address": known.address}
    former = former_entry(known, before, Notice.MOVE_IN, newcomer.moved_in_on, clerk, at)
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


def _append(entry: Resident, act: str, clerk: str, at: datetime, *rows: Written) -> None:
    actor = str(Sender("municipality", entry.municipality_id, clerk))
    append(Act(actor, act, f"resident {entry.public_id}", {}), at, *rows)
