"""Clerks, and the reasons they gave for looking at another municipality's resident."""

from django.db import models

from honnin.console.models import AccountNameField
from honnin.fields import PersonCodeField
from honnin.municipality.residents.models import Municipality, Resident


class Clerk(models.Model):
    """受付窓口の職員: who may act at which municipality's counter.

    `user_name` is the account of the site; `person_code` is set when the clerk is in a register of the
    installation, so that nobody acts on their own papers (`honnin staff resident`).
    """

    user_name = AccountNameField(max_length=150, unique=True)
    name = models.CharField(max_length=100)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    counter_name = models.CharField(max_length=40)
    person_code = PersonCodeField(max_length=11, blank=True)

    def __str__(self) -> str:
        return self.user_name


class ReasonToLook(models.TextChoices):
    """Why a clerk may need more than name and town of another municipality's resident. Our choice."""

    MOVING_IN = "moving_in"
    WRONG_COUNTER = "wrong_counter"
    OFFICIAL_INQUIRY = "official_inquiry"
    CORRECTION = "correction"


class ReasonedLook(models.Model):
    """What a clerk said before looking at another municipality's resident; good for a few minutes."""

    clerk = models.ForeignKey(Clerk, on_delete=models.PROTECT, related_name="+")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=ReasonToLook)
    explanation = models.CharField(max_length=200)
    given_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["clerk", "resident", "-given_at"])]
