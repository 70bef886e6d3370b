"""Residents of a register as a file that can be imported again: UTF-8, commas, one line each."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from django.db import transaction

from honnin.identifiers import MunicipalityCode
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.files.columns import NAMES
from honnin.municipality.residents.filling import AT_ONCE
from honnin.municipality.residents.models import Resident


def export_residents(file: TextIO, place: MunicipalityCode | None, *, actor: str, at: datetime) -> int:
    """Write everybody who stands in the register, of one municipality or of all; returns how many.

    The journal tells of it before the first line is written.
    """
    residents = Resident.objects.filter(removed_on=None).order_by("person_code")
    if place is not None:
        residents = residents.filter(municipality=place)
    count = residents.count()
    with transaction.atomic(using=DATABASE):
        append(Act(actor, "export residents", "register", {"residents": count}), at)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(NAMES)
    written = 0
    for resident in residents.iterator(chunk_size=AT_ONCE):
        writer.writerow(_cells(resident))
        written += 1
    return written


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
