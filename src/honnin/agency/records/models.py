"""Issue records (発行記録) and the journal."""

from django.db import models
from django.db.models import Q

from honnin.fields import CardNumberField, MunicipalityCodeField, PersonCodeField, SerialNumberField
from honnin.identifiers import SerialNumber
from honnin.journal.models import Entry, Tail
from honnin.law.certificates.status import RECORDED, Status
from honnin.law.terms import LapseGround, Purpose

_STATUSES = [(status.value, status.capitalize()) for status in RECORDED]


class IssuanceRecord(models.Model):
    """One certificate that was issued, to whom, on which card, and what became of it.

    Kept ten years after the day following expiry (Act 8, 27; Order 2, 18).
    """

    purpose = models.CharField(max_length=20, choices=[(p.value, p.value) for p in Purpose])
    serial_number = SerialNumberField()
    issuer_key_id = models.CharField(max_length=40)
    certificate = models.BinaryField()
    application_number = models.CharField(max_length=40)
    # 住民票コード; the 個人番号 never enters the certificate system.
    person_code = PersonCodeField(max_length=11, db_index=True)
    card_number = CardNumberField(max_length=15, db_index=True)
    municipality_code = MunicipalityCodeField(max_length=5)
    issued_at = models.DateTimeField()
    expiry_date = models.DateField()
    delivered_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=_STATUSES, default=Status.GOOD)
    crl_reason = models.CharField(max_length=24, blank=True)
    status_changed_at = models.DateTimeField()
    # DER of its entry in the revocation list, encoded when the status changed; empty while it is good.
    list_entry = models.BinaryField(default=bytes)
    # True until the certificate lapses by revocation or is found expired when its successor is issued.
    effective = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "serial_number"], name="one_use_per_serial_number"),
            models.UniqueConstraint(
                fields=["person_code", "purpose"],
                condition=Q(effective=True),
                name="one_effective_certificate_per_person_and_purpose",
            ),
            models.CheckConstraint(
                condition=~Q(status="revoked") | Q(effective=False),
                name="a_revoked_certificate_has_no_effect",
            ),
        ]
        indexes = [
            models.Index(fields=["purpose", "status", "expiry_date"]),
            # In this order lists of those who are due are paged.
            models.Index(
                fields=["expiry_date", "person_code"],
                name="effective_by_expiry_and_person",
                condition=Q(effective=True),
            ),
            # All that a revocation list is made of, so that making one reads no certificates.
            models.Index(
                fields=["purpose", "issuer_key_id", "serial_number", "expiry_date", "status", "list_entry"],
                condition=~Q(status="good"),
                name="content_of_lists",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {SerialNumber(self.serial_number)}"


class StatusChange(models.Model):
    """One change of a certificate's status: hold, release, revocation; the ground and who recorded it."""

    record = models.ForeignKey(IssuanceRecord, on_delete=models.PROTECT, related_name="changes")
    status = models.CharField(max_length=8, choices=_STATUSES)
    ground = models.CharField(max_length=30, choices=[(g.value, g.value) for g in LapseGround])
    crl_reason = models.CharField(max_length=24, blank=True)
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["recorded_at"], name="changes_by_time")]


class JournalEntry(Entry):
    """One act of the agency."""

    class Meta:
        indexes = [models.Index(fields=["subject"], name="acts_on_a_subject")]


class JournalTail(Tail):
    """The end of the agency's journal."""


class Person(models.Model):
    """What was reported about a person so far; the row that whoever acts on the person locks first.

    `notices` counts reports of lapse and loss, also those that found nothing to change: who examined an
    application before the newest of them examined something that is no longer so.
    """

    person_code = PersonCodeField(max_length=11, primary_key=True)
    notices = models.PositiveIntegerField(default=0)
    # By telephone, until the holder came to a counter.
    reported_lost = models.BooleanField(default=False)

    is_new: bool = False
    """Whether the transaction that holds this row put it in."""
