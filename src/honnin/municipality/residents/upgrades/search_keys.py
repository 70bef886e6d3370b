"""The keys by which people are found whom an earlier version entered."""

from datetime import datetime

from django.db import transaction

from honnin.journal.binding import changed
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.filling import AT_ONCE
from honnin.municipality.residents.keys import keys_after
from honnin.municipality.residents.models import Resident


def fill_search_keys(*, at: datetime) -> int:
    """Work out by what people are found whom an earlier version entered; returns how many there were.

    Runs again without harm, and goes on where it was cut off.
    """
    names, total = keys_after(Resident, ("name", "kana", "address")), 0
    while True:
        with transaction.atomic(using=DATABASE):
            people = list(Resident.objects.select_for_update().filter(name_key=b"")[:AT_ONCE])
            if not people:
                return total
            for person in people:
                person.save(update_fields=names)
            rows = (changed(person, *names) for person in people)
            append(Act("upgrade", "fill search keys", "register", {"residents": len(people)}), at, *rows)
        total += len(people)
