"""Whether certificates may be renewed, as far as the agency knows them; the counter examines the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Self

from honnin import plain_rows
from honnin.agency.card_register.models import Card
from honnin.agency.issuance.models import Procedure
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import status_of
from honnin.agency.records.recorded import recorded_status
from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.identifiers import PersonCode
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals
from honnin.law.citation import cites
from honnin.law.counter.eligibility import CardFacts
from honnin.law.counter.identity import Evidence
from honnin.law.counter.renewal import PresentCertificate, RenewalFacts, refusals_foreseen
from honnin.law.terms import Purpose


@dataclass(frozen=True)
class Known:
    """What the agency knows of a person: every certificate, the newest first, and what was reported."""

    records: tuple[IssuanceRecord, ...]
    reports: Person

    @classmethod
    def now(cls, person_code: PersonCode, reports: Person | None = None) -> Self:
        """`reports`: where they were just read."""
        return cls(_records(person_code), reports or reports_about(person_code))

    @classmethod
    def held(cls, person: Person) -> Self:
        """Of a locked person; the records too are held until the transaction ends."""
        return cls(_records(person.person_code, lock=True), person)


def _records(person_code: PersonCode, *, lock: bool = False) -> tuple[IssuanceRecord, ...]:
    newest = "issued_at DESC, id DESC"
    return tuple(plain_rows.rows(IssuanceRecord, order_by=newest, lock=lock, person_code=person_code))


def require_renewable(procedure: Procedure, card: Card, known: Known, at: datetime) -> None:
    """Raises Refused with everything that stands against a renewal.

    The law's own refusals of card and certificates (E_CARD_INVALID, E_CARD_REPORTED_LOST, E_WINDOW_CLOSED,
    E_CERT_HELD …), and E_RENEWAL_UNFINISHED while an earlier application's certificate is not written yet.
    """
    today = day_in_japan(at)
    facts = _facts(procedure, card, known)
    if refusals := (*_unfinished(procedure, known.records, today), *refusals_foreseen(facts, today)):
        raise Refused(*refusals)


def _facts(procedure: Procedure, card: Card, known: Known) -> RenewalFacts:
    """What the agency knows. That the person is registered, the municipality of the card says by asking."""
    assert procedure.birth_date is not None  # of whatever was asked for
    present: dict[Purpose, IssuanceRecord] = {}
    for record in known.records:
        present.setdefault(Purpose(record.purpose), record)
    return RenewalFacts(
        purposes=frozenset(map(Purpose, procedure.purposes.split())),
        present={
            purpose: PresentCertificate(expiry=record.expiry_date, status=recorded_status(record.status))
            for purpose, record in present.items()
        },
        birth_date=procedure.birth_date,
        resident=True,
        own_municipality=True,
        card=CardFacts(expiry=card.expiry_date, valid=card.valid),
        identity=Evidence(),
        resident_abroad=procedure.resident_abroad,
        reported_lost=known.reports.reported_lost,
    )


def require_card_at_hand(card: Card, at: datetime) -> None:
    """Raises Refused E_CARD_INVALID, E_CARD_EXPIRED, and E_CARD_REPORTED_LOST until its holder comes to a
    counter.
    """
    lost = reports_about(card.person_code).reported_lost
    standing = CardStanding(expiry=card.expiry_date, valid=card.valid, reported_lost=lost)
    if refusals := card_at_hand_refusals(standing, day_in_japan(at)):
        raise Refused(*refusals)


@cites("S3-8")
def _unfinished(procedure: Procedure, records: Iterable[IssuanceRecord], today: date) -> tuple[Refusal, ...]:
    """Our choice: what was recorded is written first, whichever application brought it."""
    waiting = {
        record.application_number
        for record in records
        if record.delivered_at is None
        and record.purpose in procedure.purposes.split()
        and status_of(record, today).stands
    }
    numbers = sorted(waiting - {procedure.application_number})
    return tuple(Refusal("E_RENEWAL_UNFINISHED", ("S3-8",), (("application", each),)) for each in numbers)


def renewed(procedure: Procedure, known: Known, today: date) -> list[IssuanceRecord]:
    """The certificates that a renewal replaces."""
    purposes = procedure.purposes.split()
    found = [each for each in known.records if each.purpose in purposes and status_of(each, today).stands]
    return sorted(found, key=attrgetter("purpose"))
