"""Changes of the register beside moves within the municipality and away: names and corrections, births,
moving in; and the clock that runs for the card after moving in.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refusal, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.counter.entering import Birth, KnownNewcomer, birth_refusals, moving_in_refusals
from honnin.law.counter.notices import (
    Item,
    Notice,
    changes_by,
    ends_card_on_moving_in,
    latest_overdue_arrival,
)
from honnin.law.names.spelling import folded_address, is_same_name
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
    days. `another_child`: than the one of this name and day at another address, as the clerk has found.
    """

    name: str
    kana: str
    birth_date: date
    sex: Sex
    relationship: str = ""
    foreign: bool = False
    another_child: bool = False

    def __repr__(self) -> str:
        return "Newborn(…)"


def born_already(parent: Resident, child: Newborn) -> Resident | None:
    """The entry of this child where it was made before: the same name and day of birth, at this address in
    any spelling.
    """
    return next(_same_child(child, _at_the_address_of(parent)), None)


def born_elsewhere(parent: Resident, child: Newborn) -> Resident | None:
    """An entry of this name and day of birth at any other address of this database, here or in another
    municipality. Whether it is the same child cannot be told: an entry does not name parents.
    """
    here = _at_the_address_of(parent).values("pk")
    return next(_same_child(child, Resident.objects.exclude(pk__in=here).order_by("pk")), None)


def _same_child(child: Newborn, among: QuerySet[Resident]) -> Iterator[Resident]:
    born = among.filter(birth_date=child.birth_date)
    return (each for each in born if is_same_name(each.name, child.name))


def _at_the_address_of(person: Resident) -> QuerySet[Resident]:
    key = folded_address(person.address).encode()
    return Resident.objects.filter(municipality=person.municipality_id, address_key=key)


def against_birth(parent: Resident, child: Newborn, *, on: date) -> tuple[Refusal, ...]:
    """Why a birth cannot be recorded on a day: as the law's `birth_refusals`."""
    return _refusals(parent, child, on, recorded=born_already(parent, child) is not None)


def _refusals(parent: Resident, child: Newborn, on: date, *, recorded: bool) -> tuple[Refusal, ...]:
    elsewhere = born_elsewhere(parent, child)
    birth = Birth(
        born=child.birth_date,
        parent_born=parent.birth_date,
        parent=registration_of(parent),
        recorded=recorded,
        elsewhere=elsewhere.municipality.name if elsewhere else "",
        another_child=child.another_child,
    )
    return birth_refusals(birth, on=on)


def _require_nobody_elsewhere(parent: Resident, child: Newborn, *, on: date) -> None:
    """Once more after the act's entry of the journal, for which acts wait for each other: the notice of a
    parent at another address, whom nothing else holds, has become visible. Raises Refused E_BIRTH_ELSEWHERE.
    """
    if refusals := _refusals(parent, child, on, recorded=False):
        raise Refused(*refusals)


def _held_with_household(parent: Resident) -> Resident:
    """The parent's entry as it stands, held with all at the address, so that the other parent's notice waits.

    In the order of the codes, as every act holds several. Raises Conflict E_ENTRY_CHANGED for a parent who
    moved meanwhile.
    """
    seen = Resident.objects.get(pk=parent.pk)
    members = _at_the_address_of(seen).filter(removed_on=None).values("pk")
    held = Resident.objects.select_for_update().filter(Q(pk__in=members) | Q(pk=parent.pk)).order_by("pk")
    stands = next(each for each in held if each.pk == parent.pk)
    if (stands.address, stands.municipality_id) != (seen.address, seen.municipality_id):
        raise Conflict("E_ENTRY_CHANGED")
    return stands


def record_birth(parent: Resident, child: Newborn, *, clerk: str, at: datetime) -> Resident:
    """Enter a child where the parent is entered, with the same household, under a new resident record code.

    Nothing ends by it, and the agency hears of it. Of two parents who give the same notice at once one is
    refused. Raises Refused as `against_birth` and for words that cannot be entered, Conflict E_ENTRY_CHANGED
    for a parent who moved meanwhile, and what the line raises, after the entry.
    """
    require_entered({"name": child.name, "kana": child.kana, "relationship": child.relationship})
    with transaction.atomic(using=DATABASE):
        stands = _held_with_household(parent)
        if refusals := against_birth(stands, child, on=day_in_japan(at)):
            raise Refused(*refusals)
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
        _require_nobody_elsewhere(stands, child, on=day_in_japan(at))
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
    """Why a municipality cannot enter somebody: as the law's `moving_in_refusals`."""
    known = Resident.objects.filter(pk=newcomer.person_code).first()
    if known is None:
        return moving_in_refusals(None)
    same = is_same_name(known.name, newcomer.name) and known.birth_date == newcomer.birth_date
    left = Departure.objects.filter(resident=known, completed_on=None, planned=False)
    return moving_in_refusals(
        KnownNewcomer(
            same_person=same,
            entered=known.removed_on is None,
            leaves=known.municipality_id != municipality and planned_departures(known).exists(),
            gone=left.exists(),
        )
    )


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
    municipality was told has left there herewith. Of two who enter the same person at once the second is
    refused. Raises Refused as `against_moving_in` and for words that cannot be entered, and what the line
    raises, after the entry was made.
    """
    try:
        entry, reports = _move_in(newcomer, municipality, clerk, at)
    except IntegrityError:  # somebody nobody knew, entered elsewhere in between
        entry, reports = _move_in(newcomer, municipality, clerk, at)
    return entry, deliver_now(reports, at)


def _move_in(
    newcomer: Newcomer, municipality: MunicipalityCode, clerk: str, at: datetime
) -> tuple[Resident, list[ChangeReport]]:
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
    return entry, [*left, *reports]


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
    overdue, ended = list(overdue_arrivals(day_in_japan(at))), 0
    for arrival in overdue:
        with transaction.atomic(using=DATABASE):
            entry = Resident.objects.select_for_update().get(pk=arrival.resident_id)
            arrival.refresh_from_db()
            if arrival.over or arrival.card_shown:  # somebody else was faster
                continue
            arrival.over = True
            arrival.save(update_fields=["over"])
            happened = Happened(Event.CARD_NOT_PRESENTED, Notice.MOVE_IN, on=arrival.notified_on)
            report = note_event(entry, happened, clerk=CHORES, at=at)
            act = Act(CHORES, "card not shown", f"resident {entry.public_id}", {})
            append(act, at, changed(arrival, "over"), report)
        ended += 1
    return ended


def _append(entry: Resident, act: str, clerk: str, at: datetime, *rows: Written) -> None:
    actor = str(Sender("municipality", entry.municipality_id, clerk))
    append(Act(actor, act, f"resident {entry.public_id}", {}), at, *rows)
