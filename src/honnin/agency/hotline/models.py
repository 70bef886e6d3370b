"""Operators, whom they were shown, and calls that led to a hold."""

from django.db import models

from honnin.console.models import AccountNameField
from honnin.console.opaque import LENGTH, new_opaque_id
from honnin.fields import PersonCodeField


class Operator(models.Model):
    """Who may take calls; `user_name` is the account of the site.

    Which holder an operator is, is not asked: a call about one's own card is taken like any other, since all
    that an operator does is to hold (docs/decisions/0017).
    """

    user_name = AccountNameField(max_length=150, unique=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.user_name


class Holder(models.Model):
    """The opaque id under which the pages about a person stand; given when the person is first shown."""

    public_id = models.CharField(max_length=LENGTH, primary_key=True, default=new_opaque_id)
    person_code = PersonCodeField(max_length=11, unique=True)

    def __str__(self) -> str:
        return self.public_id


class Call(models.Model):
    """A notice of loss or theft by telephone, and the follow-up that it leaves open."""

    person_code = PersonCodeField(max_length=11, db_index=True)
    received_at = models.DateTimeField()
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT)
    # The holder must still report the loss at the counter (an open task until then).
    reported_at_counter = models.BooleanField(default=False)
