"""Residents of a file enter the register: looked through as a whole first, then some hundreds at a time.

An import adds people and changes nobody: a change of an entry can end certificates, so that it is recorded
as what it is, at the counter. Who stands there already as in the file is left alone, so that an import that
was cut off goes on when it is asked for again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.db import IntegrityError, transaction

from honnin.clock import day_in_japan
from honnin.errors import Conflict, Malformed
from honnin.identifiers import MunicipalityCode
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.entries import ResidentEntry
from honnin.municipality.residents.files import columns
from honnin.municipality.residents.files.checking import Checker, CodesMet, Line, Place
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.reading import (
    DELIMITERS,
    Record,
    encodings_of,
    opened_as,
    records,
)
from honnin.municipality.residents.filling import AT_ONCE, analyse, newcomer
from honnin.municipality.residents.models import Municipality, Resident

Report = Callable[[Fault], None]


@dataclass(frozen=True)
class Table:
    """How a file is to be read. `names`: its columns in their order, "" for one that is not read."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What a look through a file found: lines with somebody in them, and what becomes of each."""

    new: int = 0
    unchanged: int = 0
    faulty: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.new + other.new, self.unchanged + other.unchanged, self.faulty + other.faulty)

    @property
    def lines(self) -> int:
        """All lines but the one that names the columns."""
        return self.new + self.unchanged + self.faulty


def recognised(file: BinaryIO) -> Table:
    """How a file is to be read: encoding, delimiter and columns, by the names in its first line.

    Raises Malformed E_TABLE_ENCODING, E_TABLE_COLUMNS where one that is needed is not named,
    E_TABLE_COLUMN_TWICE.
    """
    best: Table | None = None
    for encoding in encodings_of(file):
        for delimiter in DELIMITERS:
            with opened_as(file, encoding) as text:
                first = next(records(text, delimiter), None)
            table = _table(encoding, delimiter, first.fields if isinstance(first, Record) else [])
            if best is None or _known(table) > _known(best):
                best = table
    assert best is not None
    _require_columns(best)
    return best


def _table(encoding: str, delimiter: str, headers: list[str]) -> Table:
    names = tuple(columns.column_called(header) or "" for header in headers)
    unread = [header.strip() for header, name in zip(headers, names, strict=True) if not name]
    return Table(encoding, delimiter, names, tuple(each for each in unread if each))


def _known(table: Table) -> int:
    return sum(map(bool, table.names))


def _require_columns(table: Table) -> None:
    twice = [name for name, times in Counter(table.names).items() if name and times > 1]
    if twice:
        raise Malformed("E_TABLE_COLUMN_TWICE", column=" ".join(twice))
    if missing := [name for name in columns.NEEDED if name not in table.names]:
        raise Malformed("E_TABLE_COLUMNS", missing=" ".join(missing))


def look_through(
    file: BinaryIO, table: Table, place: MunicipalityCode | None, report: Report, *, at: datetime
) -> Found:
    """What an import of the file would do; writes nothing. `report` hears of every fault, line by line."""
    found = Found()
    for lines, faults in _together(file, table, place, at=at):
        new, differing = _beside_the_register(lines, table)
        for fault in sorted([*faults, *differing], key=lambda each: each.line):
            report(fault)
        faulty = len({each.line for each in (*faults, *differing)})
        found += Found(len(new), len(lines) - len(new) - len(differing), faulty)
    return found


def import_residents(
    file: BinaryIO, table: Table, place: MunicipalityCode | None, *, actor: str, at: datetime
) -> int:
    """Enter everybody of the file who is not in the register and in whose line nothing is wrong.

    Returns how many came. Cut off anywhere it has entered whole lines only, and the next call goes on.
    Raises Conflict E_IMPORT_OVERTAKEN where somebody else entered one of them meanwhile.
    """
    came = 0
    for lines, _faults in _together(file, table, place, at=at):
        came += _enter(lines, table, actor, at)
    analyse()
    return came


def _enter(lines: list[Line], table: Table, actor: str, at: datetime) -> int:
    try:
        with transaction.atomic(using=DATABASE):
            new, _differing = _beside_the_register(lines, table)
            if new:
                people = Resident.objects.bulk_create([newcomer(line.entry) for line in new])
                append(Act(actor, "import residents", "register", {"residents": len(people)}), at, *people)
    except IntegrityError:
        raise Conflict("E_IMPORT_OVERTAKEN") from None
    return len(new)


def places_here() -> dict[MunicipalityCode, Place]:
    """The municipalities of the register."""
    return {each.code: Place(each.name, each.written()) for each in Municipality.objects.all()}


def _together(
    file: BinaryIO, table: Table, place: MunicipalityCode | None, *, at: datetime
) -> Iterator[tuple[list[Line], list[Fault]]]:
    """The lines of a file some hundreds at a time: the entries, and what is wrong with the others."""
    places = places_here()
    with CodesMet() as met, opened_as(file, table.encoding) as text:
        checker = Checker(table.names, places, place, on=day_in_japan(at), met=met)
        found = records(text, table.delimiter, width=len(table.names))
        next(found, None)  # the names of the columns
        while several := list(islice(found, AT_ONCE)):
            looked_at = [[each] if isinstance(each, Fault) else checker.check(each) for each in several]
            lines = [each for each in looked_at if isinstance(each, Line)]
            yield lines, [fault for each in looked_at if not isinstance(each, Line) for fault in each]


def _beside_the_register(lines: list[Line], table: Table) -> tuple[list[Line], list[Fault]]:
    """Who of these is not in the register, and who stands there otherwise, as far as the file has columns."""
    there = Resident.objects.in_bulk([line.entry.person_code for line in lines])
    new, faults = [], []
    for line in lines:
        present = there.get(line.entry.person_code)
        if present is None:
            new.append(line)
        elif present.removed_on is not None:
            faults.append(Fault.of(line.number, "person_code", Malformed("E_LINE_REMOVED")))
        elif differing := _differing(present, line.entry, table):
            error = Malformed("E_LINE_DIFFERS", columns=" ".join(differing))
            faults.append(Fault.of(line.number, differing[0], error))
    return new, faults


def _differing(present: Resident, entry: ResidentEntry, table: Table) -> list[str]:
    as_there = newcomer(entry)
    named = [name for name in columns.NAMES if name in table.names or name == "municipality_code"]
    pairs = {name: "municipality_id" if name == "municipality_code" else name for name in named}
    return [
        name
        for name, own in pairs.items()
        if _as_read(name, getattr(present, own)) != _as_read(name, getattr(as_there, own))
    ]


def _as_read(column: str, value: object) -> str:
    """As the column is read: a clerk may have typed another width, or the reading in hiragana."""
    with suppress(Malformed):
        return columns.TEXTS[column](str(value)) if column in columns.TEXTS else str(value)
    return str(value)
