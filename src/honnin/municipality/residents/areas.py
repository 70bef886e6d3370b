"""Areas that have another name, other numbers, or another municipality from a day: all their entries at once.

Each entry is changed, and told to the agency, as by a minor correction of its own (Rules 20): no certificate
ends by it. The register is gone through in the order of the codes, in batches, each a transaction of its own:
whoever is killed in between goes on where it stood, and every entry is changed once. Where a municipality's
code ends with it, its entries and what runs for them go to the other one; what was told is told to its end
by the old one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict, Refused
from honnin.journal.binding import Written, changed
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.citation import cites
from honnin.law.counter.notices import Notice
from honnin.law.names.areas import Areas, Unclear, area_refusals, is_whole_place
from honnin.law.names.entered import municipality_refusals
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.delivery import Happened, note_events
from honnin.municipality.residents.filling import found_municipality
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import AreaChange, Departure, FormerEntry, Municipality, Resident

BATCH: Final = 500
"""Entries that are looked at in one transaction (our choice)."""
ASKED, CHANGED, FINISHED = "ask for area change", "change area", "area changed"
"""What the journal calls the steps of the act."""
_SHOWN: Final = 20
"""How many writings that are unclear a forecast names."""


@dataclass(frozen=True)
class AreaNotice:
    """What is to be written otherwise: in which municipality, how addresses begin and will begin, what that
    is in law, and from which day. `into`: the municipality in which they lie from then on, if another; one
    that is new is not in the register yet (`ask` founds it).
    """

    municipality: Municipality
    pairs: tuple[tuple[str, str], ...]
    kind: EntryChange
    on: date
    into: Municipality | None = None

    def areas(self) -> Areas:
        return Areas(self.pairs, self.municipality.written(), (self.into or self.municipality).written())

    @property
    def ends_code(self) -> bool:
        """Whether the whole municipality passes to another."""
        own = self.municipality.written()
        return self.into is not None and any(is_whole_place(each, own) for each, _ in self.pairs)

    @property
    def digest(self) -> str:
        """By what the same is recognised: SHA-256 in hexadecimal."""
        into = self.into.code if self.into else ""
        content = [self.municipality.code, into, self.kind, self.on.isoformat(), list(map(list, self.pairs))]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Forecast:
    """What a change would do: how many entries the municipality has, how many would be written otherwise, and
    how many may lie elsewhere and stay as they are, with the first of these addresses.
    """

    entries: int
    changed: int
    unclear: int
    addresses: tuple[str, ...]


def forecast(notice: AreaNotice) -> Forecast:
    """What a change would do now; changes nothing. Raises Refused as the law's `area_refusals`."""
    _require(notice)
    areas, counts, unclear = notice.areas(), Counter[str](), list[str]()
    found = _entries(notice).filter(removed_on=None).values_list("address", flat=True)
    for address in found.iterator(chunk_size=BATCH):
        became = areas.written(address)
        counts["entries"] += 1
        counts["changed"] += isinstance(became, str)
        if isinstance(became, Unclear):
            counts["unclear"] += 1
            if len(unclear) < _SHOWN and address not in unclear:
                unclear.append(address)
    return Forecast(counts["entries"], counts["changed"], counts["unclear"], tuple(unclear))


def _require(notice: AreaNotice) -> None:
    own, into = notice.municipality.written(), notice.into or notice.municipality
    new = municipality_refusals(into.name, into.romaji) if into._state.adding else ()
    refusals = area_refusals(notice.pairs, own, into.written(), ended=_ended(notice))
    if refusals := (*new, *refusals):
        raise Refused(*refusals)


def _ended(notice: AreaNotice) -> frozenset[str]:
    """Those of a change's two municipalities whose code has ended when it is carried out, by another change;
    and the one whose code ends by it, where it would go on by one that is carried out later.

    Known by their codes: a municipality with a new code may have the name of one that has ended.
    """
    own_codes = {notice.municipality.pk, (notice.into or notice.municipality).pk}
    others = AreaChange.objects.exclude(into=None).exclude(digest=notice.digest)
    found = set()
    for change in others.select_related("municipality", "into"):
        before = change.finished_at is not None or change.on <= notice.on
        if before and change.municipality_id in own_codes and notice_of(change).ends_code:
            found.add(change.municipality.written())
        if not before and notice.ends_code and change.into_id == notice.municipality.pk:
            found.add(notice.municipality.written())
    return frozenset(found)


@cites("rules/20")
def ask(notice: AreaNotice, *, actor: str, at: datetime) -> AreaChange:
    """Record that areas are written otherwise from a day; `carry_out` does it, on that day or after it.

    The same again is the same change, however far it is. A municipality that is new is founded by the same
    act. Raises Refused as `forecast`: then nothing was recorded.
    """
    with transaction.atomic(using=DATABASE):
        held = {each.pk: each for each in Municipality.objects.select_for_update(no_key=True).order_by("pk")}
        if notice.into is not None:
            notice = replace(notice, into=held.get(notice.into.pk, notice.into))
        known = AreaChange.objects.filter(digest=notice.digest).first()
        if known is not None:
            return known
        _require(notice)
        if notice.into is not None and notice.into._state.adding:
            found_municipality(notice.into, actor=actor, at=at)
        asked = AreaChange.objects.create(
            municipality=notice.municipality,
            into=notice.into,
            kind=notice.kind,
            pairs=[list(each) for each in notice.pairs],
            on=notice.on,
            digest=notice.digest,
            asked_by=actor,
            asked_at=at,
        )
        append(Act(actor, ASKED, str(asked), {"areas": len(notice.pairs)}), at, asked)
    return asked


def notice_of(change: AreaChange) -> AreaNotice:
    """What was asked for."""
    pairs = tuple((before, after) for before, after in change.pairs)
    return AreaNotice(change.municipality, pairs, EntryChange(change.kind), change.on, change.into)


def due_changes(on: date) -> QuerySet[AreaChange]:
    """Changes whose day has come, and which are not carried out to the end."""
    found = AreaChange.objects.filter(finished_at=None, on__lte=on)
    return found.select_related("municipality", "into").order_by("on", "pk")


def carry_out(
    change: AreaChange,
    clock: Clock,
    *,
    actor: str,
    progress: Callable[[AreaChange, int], object] = lambda present, seen: None,
) -> AreaChange:
    """Write every entry of the areas otherwise; how far it is after each batch, is told to `progress`, with
    how many entries were looked at. Runs again without harm, and beside another one.

    What the agency is to hear waits for `deliver_reports`. Raises Conflict E_AREA_CHANGE_AHEAD before its
    day.
    """
    if change.on > day_in_japan(clock.now()):
        raise Conflict("E_AREA_CHANGE_AHEAD", day=change.on.isoformat())
    seen = 0
    while change.finished_at is None:
        change, more = _some(change.pk, actor, clock.now())
        seen += more
        progress(change, seen)
    return change


def _some(pk: int, actor: str, at: datetime) -> tuple[AreaChange, int]:
    """The next entries, or that none is left; and how many were looked at."""
    with transaction.atomic(using=DATABASE):
        change = (
            AreaChange.objects.select_for_update(of=("self",))
            .select_related("municipality", "into")
            .get(pk=pk)
        )
        if change.finished_at is not None:
            return change, 0
        notice = notice_of(change)
        batch = _entries(notice).filter(pk__gt=change.through).order_by("pk").select_for_update()[:BATCH]
        entries = list(batch)
        others = _written(entries, notice)
        rows = list(_change(others, notice, actor, at))
        change.changed += len(others)
        columns = ["changed"]
        if entries:
            change.through = entries[-1].pk
            columns.append("through")
        else:
            change.finished_at = at
            columns.append("finished_at")
        change.save(update_fields=columns)
        name = CHANGED if entries else FINISHED
        append(Act(actor, name, str(change), {"changed": len(others)}), at, changed(change, *columns), *rows)
    return change, len(entries)


def _entries(notice: AreaNotice) -> QuerySet[Resident]:
    """Entries of the municipality; where its code ends, also of those who have left, and for whom a time
    runs in which to move in elsewhere.
    """
    found = Resident.objects.filter(municipality=notice.municipality)
    if not notice.ends_code:
        return found.filter(removed_on=None)
    runs = Departure.objects.filter(resident=OuterRef("pk"), completed_on=None, planned=False)
    return found.filter(Q(removed_on=None) | Exists(runs.filter(Q(over=False) | Q(keeps_card=True))))


_Rewritten = tuple[Resident, dict[str, object]]


def _written(entries: Iterable[Resident], notice: AreaNotice) -> list[_Rewritten]:
    """Those that are otherwise from now on, and in which columns."""
    areas = notice.areas()
    found = []
    for entry in entries:
        address, stay = areas.written(entry.address), areas.written(entry.place_of_stay)
        new: dict[str, object] = {}
        if isinstance(address, str):
            new = {"address": address, "card_outdated": True}
            if notice.into is not None:
                new["municipality"] = notice.into
        if isinstance(stay, str):
            new["place_of_stay"] = stay
        if new:
            found.append((entry, new))
    return found


def _change(others: list[_Rewritten], notice: AreaNotice, actor: str, at: datetime) -> Iterator[Written]:
    """Write entries, what stood before, and what the agency is to hear."""
    clerk = actor[:80]
    passed = [entry for entry, new in others if "municipality" in new]
    corrected = [entry for entry, new in others if "address" in new and "municipality" not in new]
    stays = [entry for entry, new in others if "address" not in new]
    yield from note_events(
        passed, Happened(Event.PASSED_ON, Notice.MINOR_CORRECTION, on=notice.on), clerk, at
    )
    before = [FormerEntry(resident=entry, **_stood(entry, new, notice, clerk, at)) for entry, new in others]
    for entry, new in others:
        for name, value in new.items():
            setattr(entry, name, value)
        columns = (*new, *keys_after(Resident, new))
        entry.save(update_fields=columns)
        yield changed(entry, *columns)
    yield from FormerEntry.objects.bulk_create(before)
    yield from note_events(
        passed, Happened(Event.TAKEN_OVER, Notice.MINOR_CORRECTION, on=notice.on), clerk, at
    )
    for entries, kind in ((corrected, notice.kind), (stays, EntryChange.NOT_IN_CERTIFICATES)):
        happened = Happened(Event.ENTRY_CORRECTED, Notice.MINOR_CORRECTION, (kind,), notice.on)
        yield from note_events(entries, happened, clerk, at)


def _stood(
    entry: Resident, new: dict[str, object], notice: AreaNotice, clerk: str, at: datetime
) -> dict[str, object]:
    before = {name: getattr(entry, name) for name in new if name in ("address", "place_of_stay")}
    return {
        "before": before,
        "notice": Notice.MINOR_CORRECTION,
        "on": notice.on,
        "recorded_at": at,
        "clerk": clerk,
    }
