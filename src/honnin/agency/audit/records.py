"""Compares each certificate's record with its history in the journal, within a snapshot of the agency."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import zip_longest

from cryptography import x509
from django.db.models import Prefetch

from honnin.agency.records.life import Life, Step, read_lives, words_of_record, words_of_status
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.clock import day_in_japan
from honnin.journal.reading import each_row
from honnin.law.certificates.status import Status
from honnin.pkix.certificate import UNREADABLE
from honnin.pkix.path import authority_key_identifier
from honnin.translation import Sentence, message

_EFFECTIVE, _WITHOUT_EFFECT = message("{status}, and has effect"), message("{status}, and has no effect")
_GONE = message("{subject}: issued, and its record is gone")
_NONE_TO_READ = message("{subject}: issued, and no record of it that can be read")
_UNREAD = Sentence("something in it cannot be read")


def record_faults(today: date) -> Iterator[str]:
    """Records that are not what the journal says, and entries whose record is gone."""
    lives, unmatched = read_lives()
    unread = False
    changes = Prefetch("changes", StatusChange.objects.order_by("pk"))
    for record in each_row("agency", IssuanceRecord.objects.prefetch_related(changes)):
        record_name: str = Sentence("a record")
        faults: list[str] = [_UNREAD]
        if record is not None:
            with suppress(ValueError, TypeError, AttributeError):
                name = str(record)
                record_name = words_of_record(name)
                faults = list(_record_faults(record, lives.pop(name, None), today))
        unread |= faults == [_UNREAD]
        yield from (Sentence("{name}: {fault}", name=record_name, fault=fault) for fault in faults)
    gone = _NONE_TO_READ if unread else _GONE
    yield from (Sentence(gone, subject=words_of_record(subject)) for subject in lives)
    yield from unmatched


def _record_faults(record: IssuanceRecord, life: Life | None, today: date) -> Iterator[str]:
    yield from _journal_faults(record, life)
    if record.expiry_date >= today:
        yield from _effect_faults(record)


def _journal_faults(record: IssuanceRecord, life: Life | None) -> Iterator[str]:
    """Record and changes are what the journal says became of it, and no certificate came by another way."""
    if life is None:
        yield Sentence("the journal knows of no issue")
        return
    yield from life.faults
    if life.issue.get("sha256") != hashlib.sha256(bytes(record.certificate)).hexdigest():
        yield Sentence("the certificate is not the one that was issued")
    elif record.issuer_key_id != _issuer_named_by(bytes(record.certificate)):
        yield Sentence("issued by another generation than the record says")
    issued = life.issue.get("card"), life.issue.get("expiry"), life.issued_at
    if (record.card_number, str(record.expiry_date), record.issued_at) != issued:
        yield Sentence("card, expiry or time are not those of the issue")
    changes = [Step.of_change(change) for change in record.changes.all()]
    for number, (change, step) in enumerate(zip_longest(changes, life.steps), 1):
        if change != step:
            yield Sentence("change {number} is not what the journal tells", number=number)
    status, *since = life.present
    if record.status != status:
        yield Sentence(
            "the record says {record}, the journal {journal}",
            record=words_of_status(record.status),
            journal=words_of_status(status),
        )
    elif [record.crl_reason, record.status_changed_at] != since:
        yield Sentence(
            "{status} for another reason or since another time than the journal says",
            status=words_of_status(status),
        )


def _issuer_named_by(certificate: bytes) -> str:
    """The key identifier (hex) of the issuer that a certificate names; its record must have the same."""
    try:
        return (authority_key_identifier(x509.load_der_x509_certificate(certificate)) or b"").hex()
    except UNREADABLE:
        return ""


def _effect_faults(record: IssuanceRecord) -> Iterator[str]:
    """A record without effect must not count as effective for a report of loss."""
    if record.effective == (record.status != Status.REVOKED) or _was_succeeded(record):
        return
    yield Sentence(_EFFECTIVE if record.effective else _WITHOUT_EFFECT, status=words_of_status(record.status))


def _was_succeeded(record: IssuanceRecord) -> bool:
    """Whether it had expired when a later one was issued: by a clock that has been set back since."""
    others = IssuanceRecord.objects.filter(person_code=record.person_code, purpose=record.purpose)
    issued = others.filter(pk__gt=record.pk).values_list("issued_at", flat=True)
    return not record.effective and any(day_in_japan(at) > record.expiry_date for at in issued)
