"""Changing the register, and telling the agency what follows from a change."""

import logging
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction

from honnin.errors import Conflict, NotAllowed, Refused
from honnin.law.terms import LapseGround
from honnin.municipality.residents import population
from honnin.municipality.residents.models import ChangeReport, Municipality, Resident
from honnin.wire.line import Sender, line_to
from honnin.wire.status import PersonState, ReportLapse

DATABASE = "municipality"

log = logging.getLogger(__name__)


@transaction.atomic(using=DATABASE)
def settle(people: Iterable[population.InventedResident]) -> int:
    """Fill an empty register with an invented population; returns how many moved in."""
    for place in population.MUNICIPALITIES:
        Municipality.objects.update_or_create(
            code=place.code,
            defaults={
                "name": place.name,
                "romaji": place.romaji,
                "prefecture": population.PREFECTURE,
                "prefecture_romaji": population.PREFECTURE_ROMAJI,
            },
        )
    newcomers = [
        Resident(
            person_code=person.person_code,
            municipality_id=person.municipality_code,
            name=person.name,
            kana=person.kana,
            birth_date=person.birth_date,
            sex=person.sex,
            address=person.address,
            adult_ward=person.adult_ward,
        )
        for person in people
    ]
    return len(Resident.objects.bulk_create(newcomers))


def record_change_of_address(resident: Resident, address: str, *, clerk: str) -> PersonState:
    """A resident moves within the municipality: the entry changes and the agency is told.

    The signature certificate lapses (it carries the address), the authentication certificate does not.
    Raises what the line raises; the report then waits for `deliver_reports`.
    """
    change = {"address": address, "card_outdated": True}
    return _record(resident, change, LapseGround.CHANGE_OF_ENTRY, clerk)


def record_removal(resident: Resident, on: date, *, clerk: str) -> PersonState:
    """The entry is removed (death, moved abroad): both certificates lapse. Otherwise as above."""
    return _record(resident, {"removed_on": on}, LapseGround.REMOVAL_OF_ENTRY, clerk)


def _record(resident: Resident, change: Mapping[str, object], ground: LapseGround, clerk: str) -> PersonState:
    """Only what changed is written: whoever changes something else at the same time keeps it."""
    for name, value in change.items():
        setattr(resident, name, value)
    with transaction.atomic(using=DATABASE):
        resident.save(update_fields=list(change))
        report = ChangeReport.objects.create(resident=resident, ground=ground, clerk=clerk)
    return _deliver(report)


def note_card_updated(written: Resident) -> None:
    """The card says what this entry says; not noted when the entry has changed since it was read."""
    four = ("name", "birth_date", "sex", "address")
    same = {name: getattr(written, name) for name in four}
    Resident.objects.filter(pk=written.pk, **same).update(card_outdated=False)


def deliver_reports(person_code: str | None = None) -> int:
    """Tell the agency of changes it has not heard of yet, the oldest first; returns how many it took.

    `person_code` limits it to one resident.

    A report that was heard but not marked is told again: hearing twice changes nothing at the agency. One
    that the agency does not take keeps waiting and holds up no other. Raises Unavailable when the agency
    cannot be reached.
    """
    taken = 0
    waiting = ChangeReport.objects.filter(delivered=False).select_related("resident").order_by("pk")
    for report in waiting if person_code is None else waiting.filter(resident_id=person_code):
        try:
            _deliver(report)
            taken += 1
        except (NotAllowed, Refused, Conflict) as error:
            log.warning("change report %s was not taken: %s", report.pk, error.code)
    return taken


def _deliver(report: ChangeReport) -> PersonState:
    sender = Sender("municipality", report.resident.municipality_id, report.clerk)
    message = ReportLapse(report.resident_id, LapseGround(report.ground), purposes=())
    state = line_to("agency").ask(sender, message)
    ChangeReport.objects.filter(pk=report.pk).update(delivered=True)
    return state
