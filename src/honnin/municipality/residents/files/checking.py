"""Turns the records of a file into entries of the register, or says what is wrong with each.

A line is an entry or it is not: what is wrong with one column leaves nothing of it. All that is wrong with a
line is said at once. Memory does not grow with the file: codes that were met stand in a file of SQLite's own.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.names.addresses import is_whole, place_of
from honnin.law.names.entered import entered_refusals
from honnin.municipality.residents.entries import ResidentEntry
from honnin.municipality.residents.files import columns
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.reading import Record


@dataclass(frozen=True)
class Place:
    """A municipality of the register: its name, and with its prefecture's before it."""

    name: str
    written: str


@dataclass(frozen=True)
class Line:
    """An entry as a line of the file has it."""

    number: int
    entry: ResidentEntry


class CodesMet:
    """In which line each resident record code was met first."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._database.execute("CREATE TABLE met (code INTEGER PRIMARY KEY, line INTEGER)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def first_line_of(self, code: PersonCode, line: int) -> int:
        """The line in which it was met first: this one, if it was not met before."""
        self._database.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", (int(code), line))
        found = self._database.execute("SELECT line FROM met WHERE code = ?", (int(code),)).fetchone()
        return int(found[0])


class Checker:
    """Understands the lines of one file.

    `names`: its columns in their order, "" for one that is not read. `places`: the municipalities of the
    register; `place`: where who has no municipality in the line lives, None where each line says so.
    """

    def __init__(
        self,
        names: Sequence[str],
        places: Mapping[MunicipalityCode, Place],
        place: MunicipalityCode | None,
        *,
        on: date,
        met: CodesMet,
    ) -> None:
        self._names, self._places, self._place, self._on, self._met = names, places, place, on, met
        self._written = {each.written for each in places.values()}

    def check(self, record: Record) -> Line | list[Fault]:
        """The entry of a record, or all that is wrong with it."""
        cells = {name: field for name, field in zip(self._names, record.fields, strict=True) if name}
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for column, value in self._readers(cells):
            try:
                values[column] = value()
            except Malformed as error:
                faults.append(Fault.of(record.line, column, error))
        if "municipality_code" in values and "address" in values:
            place = self._places[values["municipality_code"]]
            values["address"] = _with_prefecture(values["address"], place)
            faults += self._faults_of_address(record.line, values["address"], place)
        if "person_code" in values:
            first = self._met.first_line_of(values["person_code"], record.line)
            if first != record.line:
                twice = Malformed("E_LINE_TWICE", first=first)
                faults.append(Fault.of(record.line, "person_code", twice))
        return faults or Line(record.line, ResidentEntry(**values))

    def _readers(self, cells: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], object]]]:
        """How each column of a line is read."""
        yield "person_code", lambda: columns.person_code(cells["person_code"])
        yield "municipality_code", lambda: self._municipality(cells.get("municipality_code", ""))
        yield "name", lambda: columns.name(cells["name"])
        yield "kana", lambda: columns.kana(cells["kana"])
        yield "birth_date", lambda: columns.birth_date(cells["birth_date"], self._on)
        yield "sex", lambda: columns.sex(cells["sex"])
        yield "address", lambda: columns.address(cells["address"])
        yield "adult_ward", lambda: columns.adult_ward(cells.get("adult_ward", ""))
        yield "former_surname", lambda: columns.former_surname(cells.get("former_surname", ""))
        yield "alias", lambda: columns.alias(cells.get("alias", ""))
        yield "place_of_stay", lambda: columns.place_of_stay(cells.get("place_of_stay", ""))
        yield "household", lambda: columns.household(cells.get("household", ""))
        yield "relationship", lambda: columns.relationship(cells.get("relationship", ""))
        yield from self._stay(cells)

    def _stay(self, cells: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], object]]]:
        status = cells.get("stay_status", "")
        yield "stay_status", lambda: columns.stay_status(status)
        with suppress(Malformed):  # of the status, which is told already
            known = columns.stay_status(status)
            yield "stay_until", lambda: columns.stay_until(cells.get("stay_until", ""), known)

    def _municipality(self, text: str) -> MunicipalityCode:
        """Raises Malformed as `columns.municipality_code`, for one that is not here too."""
        if not text.strip() and self._place is not None:
            return self._place
        code = columns.municipality_code(text)
        if code not in self._places:
            raise Malformed("E_VALUE_MUNICIPALITY")
        return code

    def _faults_of_address(self, line: int, address: str, place: Place) -> Iterator[Fault]:
        """Why an address is none of somebody in this municipality."""
        if place_of(address, self._written) != place.written:
            yield Fault.of(line, "address", Malformed("E_VALUE_PLACE", place=place.written))
            return
        if not is_whole(address, place.written):
            yield Fault.of(line, "address", Malformed("E_ADDRESS_INCOMPLETE"))
        for refusal in entered_refusals({"address": address}):
            yield Fault(line, "address", refusal.code, refusal.details)


def _with_prefecture(address: str, place: Place) -> str:
    """An address that begins with the name of its municipality, from the prefecture."""
    return place.written + address.removeprefix(place.name) if address.startswith(place.name) else address
