"""The two tables of a journal, to be inherited by each role's own."""

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One act, linked to the one before by its hash. Never updated, never deleted (`append_only`)."""

    sequence = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    detail = models.TextField()
    # A JSON array: the entry's seal, and what the act wrote (`binding.Bound`). None in entries of old.
    rows = models.TextField(null=True)
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64, unique=True)

    class Meta:
        abstract = True


class Tail(models.Model):
    """The last link, and the newest signed head over the journal; the one row that its writers lock."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    entry_hash = models.CharField(max_length=64, default="0" * 64)
    # SHA-256 (hex) of the newest line in the file of signed heads, so that a line cut off there is missed.
    newest_head = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_one_tail")]
