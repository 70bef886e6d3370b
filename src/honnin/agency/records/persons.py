"""What was reported about a person, and the lock under which certificates are issued, held and revoked."""

from django.db import transaction

from honnin.agency.records.journal import DATABASE
from honnin.agency.records.models import Person


def locked_person(person_code: str) -> Person:
    """The person's row, held until the transaction ends; the first lock of every act on a person."""
    if not transaction.get_connection(DATABASE).in_atomic_block:
        raise RuntimeError("a person is locked for the length of a transaction")
    Person.objects.get_or_create(person_code=person_code)
    return Person.objects.select_for_update().get(pk=person_code)


def note_report(person_code: str, *, reported_lost: bool | None = None) -> None:
    """Count a report about a person, and keep whether the card is reported lost where it says so."""
    person = locked_person(person_code)
    person.notices += 1
    if reported_lost is not None:
        person.reported_lost = reported_lost
    person.save()


def reports_about(person_code: str) -> Person:
    """What was reported so far; nothing for somebody never heard of."""
    return Person.objects.filter(pk=person_code).first() or Person(person_code=person_code)
