"""Taking a notice of loss by telephone."""

from datetime import datetime

from django.db import transaction

from honnin.agency.hotline.models import Call, Operator
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import locked_person, note_report, put_in, reports_about
from honnin.agency.revocation.services import hold
from honnin.identifiers import PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.cards.loss import LossEvent
from honnin.law.citation import cites

REPORTED_AT_COUNTER, LOSS_ENDED = "report of loss", "loss ended"
"""What the journal calls the end of a loss: reported at a counter, or by whatever else ended it."""


@cites("S1-C5.1a", "S4-9a")
def record_notice_of_loss(
    person_code: PersonCode, *, operator: Operator, at: datetime, asked_at: datetime | None = None
) -> list[IssuanceRecord]:
    """Hold the caller's certificates at once and leave the report at the counter as an open task.

    A second call changes nothing and is written down all the same. So is one about a card that has ended; it
    leaves no task. `asked_at`: when the operator's page was drawn; what the operator took since then from
    that page is this call, whose button was pressed twice. Returns the records that changed.
    """
    actor = f"hotline/{operator.user_name}"
    with transaction.atomic(using=DATABASE):
        person = locked_person(person_code)
        mine = Call.objects.filter(person_code=person_code, operator=operator, reported_at_counter=False)
        if asked_at is not None and mine.filter(received_at__gte=asked_at).exists():
            return []
        call = Call.objects.create(person_code=person_code, received_at=at, operator=operator)
        held = hold(person_code, actor=actor, at=at, person=person)
        if not reports_about(person_code).reported_lost:
            _closed(call)
        append(Act(actor, "notice of loss", f"call {call.pk}", {"changed": len(held)}), at, call)
    return held


@cites("S1-C5.1b")
def end_loss(
    person_code: PersonCode, event: LossEvent, *, actor: str, at: datetime, until: datetime | None = None
) -> bool:
    """The card is reported lost no longer, and no call waits for that; returns whether one was open.

    Whatever certificates the person has or had, and whether they are held, expired or revoked by now: what a
    call began must have an end. A call after `until`, which is when the holder came, is of another loss: it
    stays open, and the card reported lost.
    """
    with transaction.atomic(using=DATABASE):
        person = locked_person(person_code)
        waiting = Call.objects.select_for_update().filter(person_code=person_code, reported_at_counter=False)
        ended = [call for call in waiting.order_by("pk") if until is None or call.received_at <= until]
        lost_since = len(ended) < len(waiting)
        closed = [_closed(call) for call in ended]
        was_open = bool(closed) or (person.reported_lost and not lost_since)
        written = (
            (note_report(person, None if lost_since else event), *closed) if was_open else put_in(person)
        )
        if written:
            act = REPORTED_AT_COUNTER if event is LossEvent.REPORT else LOSS_ENDED
            append(Act(actor, act, f"calls: {len(closed)}", {"calls": len(closed)}), at, *written)
    return was_open


def _closed(call: Call) -> Written:
    call.reported_at_counter = True
    call.save(update_fields=["reported_at_counter"])
    return changed(call, "reported_at_counter")


def note_new_password(user_name: str, *, actor: str, at: datetime) -> None:
    """An administrator gave an operator's account another password: the journal records who did."""
    with transaction.atomic(using=DATABASE):
        append(Act(actor, "set password", f"operator {user_name}"[:80], {}), at)


def employ_operator(user_name: str, name: str, *, actor: str, at: datetime) -> Operator:
    """An account of the site may take calls from now on; whoever may already stays as they are."""
    with transaction.atomic(using=DATABASE):
        operator, new = Operator.objects.get_or_create(user_name=user_name, defaults={"name": name})
        if new:
            append(Act(actor, "employ operator", f"operator {operator.pk}", {}), at, operator)
    return operator
