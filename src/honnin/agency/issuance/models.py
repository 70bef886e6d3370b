"""The procedures under way and their forms."""

from django.db import models

from honnin.fields import CardNumberField, MunicipalityCodeField, PersonCodeField


class Stage(models.TextChoices):
    """Where a procedure stands. The table of steps stands in `procedure.py`."""

    OPENING = "opening"  # the card was asked to open the secure channel
    READING = "reading"  # the card was asked for its state
    KEYS = "keys"  # the card was asked for key pairs
    WRITING = "writing"  # the card was given the certificates
    DONE = "done"
    ABANDONED = "abandoned"  # rejected: nothing is issued for it any more


class Procedure(models.Model):
    """One issuance or renewal. The form is kept 15 years from receipt (Rules 82-1)."""

    application_number = models.CharField(max_length=40, primary_key=True)
    municipality_code = MunicipalityCodeField(max_length=5)
    person_code = PersonCodeField(max_length=11, db_index=True)
    card_number = CardNumberField(max_length=15)
    # None where the application was rejected before anything was asked for.
    birth_date = models.DateField(db_index=True, null=True)
    form = models.BinaryField()
    purposes = models.CharField(max_length=60)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.OPENING)
    # The secure channel while it is open: worthless once the card was reset, emptied when done.
    channel = models.JSONField(default=dict)
    # Its certificates take the place of those there are (`renewal`), and did; the applicant moved abroad.
    renews = models.BooleanField(default=False)
    recorded = models.BooleanField(default=False)
    resident_abroad = models.BooleanField(default=False)
    # What had been reported about the person when the application was examined.
    notices = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()  # the last time: beginning again begins anew

    def __str__(self) -> str:
        return self.application_number
