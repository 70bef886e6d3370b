"""Reading issue records."""

from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from honnin.agency.records.models import IssuanceRecord, Status, StatusChange
from honnin.law.terms import LapseGround, Purpose
from honnin.profile import crl

DATABASE = "agency"
# An entry must stay until it was on a regularly scheduled list issued after the certificate's expiry
# (RFC 5280, 3.3): one interval of the lists, and as much again for a list that was late.
LISTED_AFTER_EXPIRY = 2 * crl.INTERVAL


def effective_records(person_code: str, on: date) -> dict[Purpose, IssuanceRecord]:
    """The certificates of a person that have effect or are held on a day, at most one for each purpose."""
    found = IssuanceRecord.objects.filter(person_code=person_code, effective=True, expiry_date__gte=on)
    return {Purpose(record.purpose): record for record in found}


def records_of(person_code: str) -> QuerySet[IssuanceRecord]:
    """Every certificate ever issued to a person, the newest first."""
    return IssuanceRecord.objects.filter(person_code=person_code).order_by("-issued_at", "-id")


def records_for_application(application_number: str) -> dict[Purpose, IssuanceRecord]:
    """What an application brought, whatever became of it; not what was given up before its delivery.

    Inside a transaction the rows are held until its end.
    """
    found = IssuanceRecord.objects.filter(application_number=application_number)
    if transaction.get_connection(DATABASE).in_atomic_block:
        found = found.select_for_update()
    given_up = StatusChange.objects.filter(record=OuterRef("pk"), ground=LapseGround.NOT_DELIVERED)
    return {Purpose(record.purpose): record for record in found.filter(~Exists(given_up)).order_by("id")}


def not_good(purpose: Purpose, issuer_key_id: str, on: date) -> QuerySet[IssuanceRecord]:
    """Held or revoked certificates of one issuer key: the content of its CRL on a day.

    An entry stays after the certificate's expiry for `LISTED_AFTER_EXPIRY` (RFC 5280, 3.3).
    """
    oldest = on - LISTED_AFTER_EXPIRY
    return (
        IssuanceRecord.objects.filter(purpose=purpose, issuer_key_id=issuer_key_id, expiry_date__gte=oldest)
        .exclude(status=Status.GOOD)
        .order_by("serial_number")
    )
