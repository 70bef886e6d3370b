"""Filling the register: the municipalities and people of an installation."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connections, transaction

from honnin.journal.binding import Written, changed
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.entered import require_entered
from honnin.municipality.residents.entries import MunicipalityEntry, ResidentEntry
from honnin.municipality.residents.models import (
    Municipality,
    Resident,
)

AT_ONCE = 500
"""How many newcomers one entry of the journal tells of."""


@transaction.atomic(using=DATABASE)
def fill_register(
    places: Iterable[MunicipalityEntry], people: Iterable[ResidentEntry], *, at: datetime
) -> int:
    """Fill an empty register; returns how many moved in. Raises Refused for what cannot be entered."""
    found = [_place(place) for place in places]
    append(Act("population", "found municipalities", "register", {"places": len(found)}), at, *found)
    newcomers = Resident.objects.bulk_create([_required(newcomer(person)) for person in people])
    for first in range(0, len(newcomers), AT_ONCE):
        together = newcomers[first : first + AT_ONCE]
        append(Act("population", "settle", "register", {"residents": len(together)}), at, *together)
    analyse()
    return len(newcomers)


def _required(person: Resident) -> Resident:
    require_entered(vars(person))
    return person


def found_municipality(new: Municipality, *, actor: str, at: datetime) -> None:
    """A municipality that is new, by its own code."""
    with transaction.atomic(using=DATABASE):
        new.save(force_insert=True)
        append(Act(actor, "found municipality", "register", {"code": str(new.code)}), at, new)


def analyse() -> None:
    """PostgreSQL plans searches for an empty table, until it has counted what came all at once."""
    connection = connections[DATABASE]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def move_in(newcomer: Resident, *, actor: str, at: datetime) -> None:
    """Enter one more resident into the register. Raises Refused for what cannot be entered."""
    require_entered(vars(newcomer))
    with transaction.atomic(using=DATABASE):
        newcomer.save(force_insert=True)
        append(Act(actor, "enter resident", f"resident {newcomer.public_id}", {}), at, newcomer)


def _place(place: MunicipalityEntry) -> Written:
    names = {
        "name": place.name,
        "romaji": place.romaji,
        "prefecture": place.prefecture,
        "prefecture_romaji": place.prefecture_romaji,
    }
    municipality, new = Municipality.objects.update_or_create(code=place.code, defaults=names)
    return municipality if new else changed(municipality, *names)


def newcomer(person: ResidentEntry) -> Resident:
    """An entry as a row that is not in the register yet."""
    return Resident(
        person_code=person.person_code,
        municipality_id=person.municipality_code,
        name=person.name,
        kana=person.kana,
        birth_date=person.birth_date,
        sex=person.sex,
        address=person.address,
        adult_ward=person.adult_ward,
        former_surname=person.former_surname,
        alias=person.alias,
        stay_status=person.stay_status,
        stay_until=person.stay_until,
        place_of_stay=person.place_of_stay,
        household=person.household,
        relationship=person.relationship,
    )
