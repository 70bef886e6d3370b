"""Carries out a request once, however often it is sent (`honnin.wire.reception.Once`)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from honnin import plain_rows
from honnin.agency.records.journal import DATABASE
from honnin.agency.requests.models import AnsweredRequest
from honnin.clock import Clock
from honnin.errors import Conflict, HonninError
from honnin.wire.line import Party

KEPT_FOR = timedelta(hours=1)
"""A sender tries again for less than a minute (our choice)."""


class OnceInDatabase:
    """Act and answer are one transaction: both are there, or neither."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def once(self, party: Party, number: str, content: bytes, act: Callable[[], bytes]) -> bytes:
        """As `Once.once`. A request that was refused is not remembered: sent again, it is looked at anew."""
        with transaction.atomic(using=DATABASE):
            key = {"party": str(party), "number": number}
            row = AnsweredRequest(**key, content=content, answer=b"", answered_at=self._clock.now())
            if not plain_rows.insert(row, unless_there=True):
                return _answer_of(AnsweredRequest.objects.get(**key), content)
            try:
                answer = act()
            except HonninError as error:
                refused = error
                if not connections[DATABASE].needs_rollback:  # else all of it is undone
                    row.delete()
            else:
                row.answer = answer
                plain_rows.write(row, "answer")
                return answer
        raise refused


def over(at: datetime) -> QuerySet[AnsweredRequest]:
    """What is sent again by nobody any more, or stands there since a time that has not come."""
    return AnsweredRequest.objects.filter(Q(answered_at__lte=at - KEPT_FOR) | Q(answered_at__gt=at))


def _answer_of(row: AnsweredRequest, content: bytes) -> bytes:
    if bytes(row.content) != content:
        raise Conflict("E_REQUEST_NUMBER_REUSED")
    return bytes(row.answer)
