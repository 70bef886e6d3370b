"""Residents of a register as a file that can be imported again: UTF-8, commas, one line each.

What was recorded before there was a rule for it (`law.names.entered`) is written too, and told line by line:
an import would refuse it. No cell is a formula to a spreadsheet: one that would be stands behind an
apostrophe.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from django.db import transaction

from honnin.clock import day_in_japan
from honnin.identifiers import MunicipalityCode
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.files.checking import Checker, CodesMet
from honnin.municipality.residents.files.columns import NAMES
from honnin.municipality.residents.files.importing import Report, places_here
from honnin.municipality.residents.files.reading import Record
from honnin.municipality.residents.filling import AT_ONCE
from honnin.municipality.residents.models import Resident

_FORMULA = re.compile("[\\s]*[=＝+＋@＠\\-－−]|[\t\r\n]")
"""How a cell begins that a spreadsheet takes for a formula, in either width, or for what goes before one."""
_LINE_END = re.compile("\r\n|\r|\n")


def export_residents(
    file: TextIO, place: MunicipalityCode | None, report: Report, *, actor: str, at: datetime
) -> int:
    """Write everybody who stands in the register, of one municipality or of all; returns how many.

    The journal tells of it before the first line is written. `report` hears, line by line, what an import of
    the file would refuse.
    """
    residents = Resident.objects.filter(removed_on=None).order_by("person_code")
    if place is not None:
        residents = residents.filter(municipality=place)
    count = residents.count()
    with transaction.atomic(using=DATABASE):
        append(Act(actor, "export residents", "register", {"residents": count}), at)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(NAMES)
    written, line = 0, 2
    with CodesMet() as met:
        checker = Checker(tuple(NAMES), places_here(), None, on=day_in_japan(at), met=met)
        for resident in residents.iterator(chunk_size=AT_ONCE):
            cells = [_no_formula(cell) for cell in _cells(resident)]
            writer.writerow(cells)
            written += 1
            found = checker.check(Record(line, cells))
            for fault in found if isinstance(found, list) else ():
                report(fault)
            line += 1 + sum(len(_LINE_END.findall(cell)) for cell in cells)
    return written


def _no_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _cells(resident: Resident) -> Iterator[str]:
    yield resident.person_code
    yield resident.municipality_id
    yield resident.name
    yield resident.kana
    yield resident.birth_date.isoformat()
    yield resident.sex
    yield resident.address
    yield str(int(resident.adult_ward))
    yield resident.former_surname
    yield resident.alias
    yield resident.stay_status
    yield resident.stay_until.isoformat() if resident.stay_until else ""
    yield resident.place_of_stay
    yield resident.household
    yield resident.relationship
