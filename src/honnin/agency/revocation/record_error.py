"""An error in the agency's own record, as the audit finds it: corrected by the journal, revoked at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from django.db import transaction

from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.life import ISSUE, detail_of
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.agency.records.persons import locked_person, put_in
from honnin.agency.revocation.services import record_lapse
from honnin.clock import day_in_japan
from honnin.console.account_name import require_account_name
from honnin.errors import Conflict, Malformed
from honnin.identifiers import SerialNumber
from honnin.journal.binding import changed
from honnin.law.certificates.record_error import purposes_in_error
from honnin.law.certificates.status import Status, status_on
from honnin.law.citation import cites
from honnin.law.terms import LapseGround, Purpose, RecordedItem
from honnin.pkix.certificate import UNREADABLE
from honnin.pkix.path import authority_key_identifier
from honnin.translation import Sentence

FOUND = "record error found"
"""What the journal calls it."""


@dataclass(frozen=True)
class Corrected:
    """What became of a record in error: which columns were set right, and whether the certificate stood."""

    record: IssuanceRecord
    columns: tuple[str, ...]
    revoked: bool


@cites("S4-8.1.2", "act/13", "act/32")
def record_error(
    purpose: Purpose, serial_number: SerialNumber, item: RecordedItem, *, by: str, actor: str, at: datetime
) -> Corrected:
    """Record that an item of a certificate's record is wrong, correct what the journal tells otherwise, and
    revoke the certificate where it stands; the holder is owed a notice then.

    Raises Malformed E_SERIAL_NUMBER_UNKNOWN, E_ACCOUNT_NAME, Conflict E_ITEM_NOT_RECORDED where a certificate
    of this purpose says nothing of the item.
    """
    name = require_account_name(by)
    found = IssuanceRecord.objects.filter(purpose=purpose, serial_number=serial_number).first()
    if found is None:
        raise Malformed(
            "E_SERIAL_NUMBER_UNKNOWN", purpose=Sentence(purpose), serial_number=str(serial_number)
        )
    if purpose not in purposes_in_error(item):
        raise Conflict("E_ITEM_NOT_RECORDED", purpose=Sentence(purpose), item=Sentence(item))
    with transaction.atomic(using=DATABASE):
        person = locked_person(found.person_code)
        record = IssuanceRecord.objects.select_for_update().get(pk=found.pk)
        columns = _corrected(record)
        written = (changed(record, *columns),) if columns else ()
        detail = {"item": item, "by": name, "corrected": "+".join(columns)}
        append(Act(actor, FOUND, str(record), detail), at, *written, *put_in(person))
        stood = status_on(Status(record.status), record.expiry_date, day_in_japan(at)).stands
        if stood:
            record_lapse(record.person_code, LapseGround.RECORD_ERROR, (purpose,), actor=actor, at=at)
    return Corrected(record, columns, stood)


def _corrected(record: IssuanceRecord) -> tuple[str, ...]:
    """Set the record to what the journal's entry of its issue says, and the certificate of its issuer."""
    right = dict(_as_issued(record))
    wrong = tuple(name for name, value in right.items() if getattr(record, name) != value)
    for name in wrong:
        setattr(record, name, right[name])
    if wrong:
        record.save(update_fields=list(wrong))
    return wrong


def _as_issued(record: IssuanceRecord) -> Iterator[tuple[str, object]]:
    entry = JournalEntry.objects.filter(act=ISSUE, subject=str(record)).order_by("sequence").first()
    if entry is not None:
        detail = detail_of(entry)
        yield "card_number", IssuanceRecord._meta.get_field("card_number").to_python(detail.get("card"))
        yield "expiry_date", IssuanceRecord._meta.get_field("expiry_date").to_python(detail.get("expiry"))
        yield "issued_at", entry.recorded_at
    try:
        issuer = authority_key_identifier(x509.load_der_x509_certificate(bytes(record.certificate)))
    except UNREADABLE:
        issuer = None
    if issuer is not None:
        yield "issuer_key_id", issuer.hex()
