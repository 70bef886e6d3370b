"""Operators, and calls that led to a hold."""

from django.db import models


class Operator(models.Model):
    """Who may take calls; `user_name` is the account of the site."""

    user_name = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.user_name


class Call(models.Model):
    """A notice of loss or theft by telephone, and the follow-up that it leaves open."""

    person_code = models.CharField(max_length=11, db_index=True)
    received_at = models.DateTimeField()
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT)
    # The holder must still report the loss at the counter (an open task until then).
    reported_at_counter = models.BooleanField(default=False)
