"""Requests that were carried out."""

from django.db import models


class AnsweredRequest(models.Model):
    """A request that a party sent over a line, and what it was answered.

    No journal entry binds it: the act itself has one. A row that is missing lets a request that is sent again
    be looked at anew, as one that comes after an hour is.
    """

    is_in_journal = False

    party = models.CharField(max_length=60)
    number = models.CharField(max_length=32)
    content = models.BinaryField()  # SHA-256 of the request
    answer = models.BinaryField()
    answered_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "number"], name="a_request_is_carried_out_once")
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.number}"
