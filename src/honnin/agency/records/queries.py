"""Reading issue records."""

from datetime import date, datetime

from django.db import connections
from django.db.models import Q, QuerySet

from honnin import plain_rows
from honnin.agency.records.models import IssuanceRecord, JournalEntry, StatusChange
from honnin.agency.records.recorded import recorded_status
from honnin.clock import day_in_japan
from honnin.identifiers import CardNumber, PersonCode
from honnin.law.certificates.status import RECORDED, Status, status_on
from honnin.law.terms import LapseGround, Purpose

DATABASE = "agency"


def standing_on(on: date) -> Q:
    """Certificates that have not lapsed on a day: `status_of` as a query."""
    return ~Q(status=Status.REVOKED) & Q(expiry_date__gte=on)


def status_of(record: IssuanceRecord, on: date) -> Status:
    """How a certificate stands on a day. Raises Unavailable E_RECORDS_NOT_UNDERSTOOD."""
    return status_on(recorded_status(record.status), record.expiry_date, on)


def effective_records(person_code: PersonCode, on: date) -> dict[Purpose, IssuanceRecord]:
    """The certificates of a person that have effect or are held on a day, at most one for each purpose."""
    found = plain_rows.rows(IssuanceRecord, person_code=person_code)
    return {Purpose(record.purpose): record for record in found if status_of(record, on).stands}


def records_of(person_code: PersonCode) -> QuerySet[IssuanceRecord]:
    """Every certificate ever issued to a person, the newest first."""
    return IssuanceRecord.objects.filter(person_code=person_code).order_by("-issued_at", "-id")


def records_for_application(
    application_number: str, person_code: PersonCode
) -> dict[Purpose, IssuanceRecord]:
    """What a person's application brought, whatever became of it; not what was given up before its delivery.

    Nobody changes it while the person is held.
    """
    found = plain_rows.rows(
        IssuanceRecord,
        person_code=person_code,  # the index; applications have none
        application_number=application_number,
        order_by="id",
    )
    revoked = [record.pk for record in found if record.status == Status.REVOKED]
    given_up = _given_up(revoked) if revoked else frozenset()
    return {Purpose(record.purpose): record for record in found if record.pk not in given_up}


def _given_up(records: list[int]) -> frozenset[int]:
    changes = StatusChange.objects.filter(record__in=records, ground=LapseGround.NOT_DELIVERED)
    return frozenset(changes.values_list("record", flat=True))


def not_good(
    purpose: Purpose, issuer_key_id: str, last_list: datetime | None, at: datetime
) -> QuerySet[IssuanceRecord]:
    """Held or revoked certificates of one issuer key: the content of its next CRL, made at an instant.

    An entry stays until it was on a list made after the certificate's expiry (RFC 5280, 3.3): whatever had
    not expired at `last_list`, the thisUpdate of the list published before, or has not expired at `at`, when
    the clock was set back since. Without a list before, everything.
    """
    found = IssuanceRecord.objects.filter(purpose=purpose, issuer_key_id=issuer_key_id)
    if last_list is not None:
        found = found.filter(expiry_date__gte=day_in_japan(min(last_list, at)))
    return found.exclude(status=Status.GOOD).order_by("serial_number")


def ready_entries(records: QuerySet[IssuanceRecord]) -> list[bytes]:
    """What these records' entries in a list are, without making a model's instance of each of a million."""
    only = records.values_list("list_entry")
    statement, parameters = only.query.get_compiler(DATABASE).as_sql()
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(statement, parameters)
        return [bytes(entry) for (entry,) in cursor.fetchall()]


def status_changed_since(sequence: int) -> bool:
    """Whether the journal records a change of any certificate's status after an entry."""
    return JournalEntry.objects.filter(sequence__gt=sequence, act__in=RECORDED).exists()


def without_effect(card_number: CardNumber, on: date) -> list[bytes]:
    """The certificates (DER) issued onto a card that are revoked, or expired before a day."""
    found = IssuanceRecord.objects.filter(~standing_on(on), card_number=card_number)
    return [bytes(each) for each in found.values_list("certificate", flat=True)]


def awaiting_delivery(card_number: CardNumber, on: date) -> set[Purpose]:
    """The purposes for which a certificate was issued that is meant for a card and not on it yet."""
    found = IssuanceRecord.objects.filter(standing_on(on), card_number=card_number, delivered_at=None)
    return {Purpose(each) for each in found.values_list("purpose", flat=True)}


def is_held(card_number: CardNumber, on: date) -> bool:
    """Whether a certificate on a card is on hold on a day: the card is lost until it is released.

    One that has expired meanwhile cannot be released any more, and stands in nobody's way.
    """
    found = IssuanceRecord.objects.filter(standing_on(on), card_number=card_number)
    return found.filter(status=Status.HELD).exists()
