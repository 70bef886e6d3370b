"""The outbox of letters, and the batches in which they are printed."""

from django.db import models
from django.db.models import Q

from honnin.agency.notices.numbers import written_number
from honnin.fields import MunicipalityCodeField, PersonCodeField
from honnin.law.certificates.notices import DeliveryState, LetterKind


class Batch(models.Model):
    """Letters that are printed and handed to the post together.

    `printed_at`: when all of them and the manifest lay in the batch's folder. `manifest`: its SHA-256 (hex).
    """

    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    printed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    manifest = models.CharField(max_length=64, default="")

    class Meta:
        indexes = [models.Index(fields=["printed_at"], name="batch_open", condition=Q(printed_at=None))]

    def __str__(self) -> str:
        return f"{self.pk:06d}"


class Letter(models.Model):
    """One letter to one person, once for each cause.

    `cause` tells what it follows from, so that the same orders no second one. `tells`: what it says of
    certificates and days, frozen when it was ordered. `name`, `address`: to whom it goes, empty until the
    municipality has told them. `reason`: why it came back, or is not sent. `pages`, `sha256`: of the PDF.
    Kept ten years (Rules 82, last item).
    """

    kind = models.CharField(max_length=20, choices=[(each.value, each.value) for each in LetterKind])
    cause = models.CharField(max_length=160)
    person_code = PersonCodeField(max_length=11, db_index=True)
    municipality_code = MunicipalityCodeField(max_length=5)
    expiry_date = models.DateField(null=True)  # of an expiry notice
    answer_by = models.DateField(null=True)  # of a document inquiry
    tells = models.JSONField(default=dict)
    name = models.CharField(max_length=100, default="")
    address = models.CharField(max_length=200, default="")
    state = models.CharField(
        max_length=14,
        choices=[(each.value, each.value) for each in DeliveryState],
        default=DeliveryState.ORDERED.value,
    )
    reason = models.CharField(max_length=40, default="")
    ordered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="letters")
    pages = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause"], name="one_letter_for_each_cause"),
            models.CheckConstraint(
                condition=~Q(state__in=["printed", "posted", "answered"]) | (~Q(name="") & ~Q(sha256="")),
                name="what_was_printed_has_an_addressee",
            ),
        ]
        indexes = [
            models.Index(fields=["person_code", "expiry_date"], name="letter_of_expiry"),
            models.Index(
                fields=["municipality_code", "person_code"],
                name="letter_unfinished",
                condition=Q(state__in=["ordered", "returned"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    is_new: bool = False
    """Whether the transaction that holds this row put it in."""

    @property
    def number(self) -> str:
        """As it is printed: with a check digit, for it is typed again from what the post brings back."""
        return written_number(self.pk)

    @property
    def is_addressed(self) -> bool:
        return bool(self.name and self.address)
