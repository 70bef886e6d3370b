"""Whether certificates may be renewed, as far as the agency knows them; the counter examines the rest."""

from datetime import date, datetime

from honnin.agency.card_register.models import Card
from honnin.agency.issuance.models import Procedure
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import records_of, standing_on
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
from honnin.wire import codec
from honnin.wire.messages.issuance import ApplicationForm


def require_renewable(procedure: Procedure, card: Card, at: datetime) -> None:
    """Raises Refused with everything that stands against a renewal.

    The law's own refusals of card and certificates (E_CARD_INVALID, E_CARD_REPORTED_LOST, E_WINDOW_CLOSED,
    E_CERT_HELD …), and E_RENEWAL_UNFINISHED while an earlier application's certificate is not written yet.
    """
    today = day_in_japan(at)
    if refusals := (*_unfinished(procedure, today), *refusals_foreseen(_facts(procedure, card), today)):
        raise Refused(*refusals)


def _facts(procedure: Procedure, card: Card) -> RenewalFacts:
    """What the agency knows. That the person is registered, the municipality of the card says by asking."""
    form = codec.decode(ApplicationForm, bytes(procedure.form))
    present = newest(procedure.person_code)
    return RenewalFacts(
        purposes=frozenset(map(Purpose, procedure.purposes.split())),
        present={
            purpose: PresentCertificate(expiry=record.expiry_date, status=recorded_status(record.status))
            for purpose, record in present.items()
        },
        birth_date=form.birth_date,
        resident=True,
        own_municipality=True,
        card=CardFacts(expiry=card.expiry_date, valid=card.valid),
        identity=Evidence(),
        resident_abroad=procedure.resident_abroad,
        reported_lost=reports_about(card.person_code).reported_lost,
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
