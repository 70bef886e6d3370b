"""Whether certificates may be renewed, as far as the agency knows them; the counter examines the rest."""

from datetime import date, datetime

from honnin.agency.card_register.models import Card
from honnin.agency.issuance.models import Procedure
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import records_of, standing_on, status_of
from honnin.clock import day_in_japan
from honnin.errors import Refusal, Refused
from honnin.identifiers import PersonCode
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import Purpose
from honnin.law.validity import renewal_refusals


def require_renewable(procedure: Procedure, card: Card, at: datetime) -> None:
    """Raises Refused with everything that stands against a renewal.

    Of the card: as `require_card_at_hand`. Of each certificate to be renewed: E_NOTHING_TO_RENEW,
    E_CERT_REVOKED, E_CERT_EXPIRED, E_CERT_HELD, E_WINDOW_CLOSED. E_RENEWAL_UNFINISHED while an earlier
    application's certificate is not written yet, which is to be finished first.
    """
    today = day_in_japan(at)
    present = newest(procedure.person_code)
    refusals = [*_card_refusals(card, today), *_unfinished(procedure, today)]
    for purpose in map(Purpose, procedure.purposes.split()):
        refusals += _certificate_refusals(present.get(purpose), procedure, today)
    if refusals:
        raise Refused(*dict.fromkeys(refusals))


def require_card_at_hand(card: Card, at: datetime) -> None:
    """Raises Refused E_CARD_INVALID, E_CARD_EXPIRED, and E_CARD_REPORTED_LOST until its holder comes to a
    counter.
    """
    if refusals := _card_refusals(card, day_in_japan(at)):
        raise Refused(*refusals)


@cites("S3-8", "S4-2.2", "S1-C5.1b")
def _card_refusals(card: Card, today: date) -> tuple[Refusal, ...]:
    lost = reports_about(card.person_code).reported_lost
    standing = CardStanding(expiry=card.expiry_date, valid=card.valid, reported_lost=lost)
    return card_at_hand_refusals(standing, today)


@cites("S4-6", "act/6", "act/25")
def _certificate_refusals(
    present: IssuanceRecord | None, procedure: Procedure, today: date
) -> tuple[Refusal, ...]:
    if present is None:
        return (Refusal("E_NOTHING_TO_RENEW", ("S4-6",)),)
    status = status_of(present, today)
    if status is Status.REVOKED:
        return (Refusal("E_CERT_REVOKED", ("S4-6",)),)
    held = [Refusal("E_CERT_HELD", ("S4-3.5",))] * (status is Status.HELD)
    return (*held, *renewal_refusals(present.expiry_date, today, procedure.resident_abroad))


@cites("S3-8")
def _unfinished(procedure: Procedure, today: date) -> tuple[Refusal, ...]:
    """Our choice: what was recorded is written first, whichever application brought it."""
    waiting = records_of(procedure.person_code).filter(
        standing_on(today), delivered_at=None, purpose__in=procedure.purposes.split()
    )
    numbers = waiting.exclude(application_number=procedure.application_number).values_list(
        "application_number", flat=True
    )
    return tuple(
        Refusal("E_RENEWAL_UNFINISHED", ("S3-8",), (("application", number),))
        for number in sorted(set(numbers))
    )


def renewed(procedure: Procedure) -> list[IssuanceRecord]:
    """The certificates that a renewal replaces, held until the transaction ends."""
    present = newest(procedure.person_code)
    found = [present[Purpose(purpose)].pk for purpose in procedure.purposes.split()]
    return list(IssuanceRecord.objects.select_for_update().filter(pk__in=found).order_by("purpose"))


def newest(person_code: PersonCode) -> dict[Purpose, IssuanceRecord]:
    """The newest certificate of each purpose, in whatever state."""
    found: dict[Purpose, IssuanceRecord] = {}
    for record in records_of(person_code):
        found.setdefault(Purpose(record.purpose), record)
    return found
