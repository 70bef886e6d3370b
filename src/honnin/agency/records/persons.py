"""What was reported about a person, and the lock under which certificates are issued, delivered, held and
revoked.

The order of locks is the same for every act, so that no two wait for one another: the person; the
conversation or the calls; certificates, cards and letters; the journal. Who holds the person takes the
person's rows in any order. A test goes over all that writes them.
"""

from django.db import transaction

from honnin import plain_rows
from honnin.agency.records.journal import DATABASE, JOURNAL
from honnin.agency.records.models import Person
from honnin.identifiers import PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.cards.loss import LossEvent, is_lost_after


def locked_person(person_code: PersonCode) -> Person:
    """The person's row, held until the transaction ends; the first lock of every act on a person."""
    if not transaction.get_connection(DATABASE).in_atomic_block:
        raise RuntimeError("a person is locked for the length of a transaction")
    person = plain_rows.row(Person, lock=True, person_code=person_code)
    if person is not None:
        return person
    person = Person(person_code=person_code)
    person.is_new = plain_rows.insert(person, unless_there=True)
    # Somebody else may have put it in meanwhile.
    return person if person.is_new else Person.objects.select_for_update().get(pk=person_code)


def hold_person(person_code: PersonCode) -> None:
    """The same lock for an act that writes nothing of the person's row; without a row there is no certificate
    either.
    """
    plain_rows.row(Person, lock=True, person_code=person_code)


def put_in(person: Person) -> tuple[Written, ...]:
    """What the entry of an act that changes nothing in a person's row binds: the row, if it is new."""
    return (person,) if person.is_new else ()


def note_report(person: Person, event: LossEvent | None = None) -> Written:
    """Count a report about a locked person, and keep whether the card is reported lost after it.

    Returns what an entry of the same transaction binds.
    """
    person.notices += 1
    if event is not None:
        person.reported_lost = is_lost_after(person.reported_lost, event)
    person.save()
    return person if person.is_new else changed(person, "notices", "reported_lost")


def name_of(person_code: PersonCode) -> str:
    """A person as the journal calls them: the same for the same person, and nobody learns who."""
    return f"person {JOURNAL.binder.pseudonym('person', person_code)}"


def reports_about(person_code: PersonCode) -> Person:
    """What was reported so far; nothing for somebody never heard of."""
    return plain_rows.row(Person, person_code=person_code) or Person(person_code=person_code)
