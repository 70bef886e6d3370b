"""Taking a notice of loss by telephone."""

from django.db import transaction

from honnin.agency.hotline.models import Call, Operator
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import locked_person, note_report
from honnin.agency.revocation.services import hold
from honnin.clock import Clock
from honnin.law.citation import cites


@cites("S1-C5.1a", "S4-9a")
def record_notice_of_loss(person_code: str, *, operator: Operator, clock: Clock) -> list[IssuanceRecord]:
    """Hold the caller's certificates at once and leave the report at the counter as an open task.

    A second call changes nothing and is written down all the same. Returns the records that changed.
    """
    actor = f"hotline/{operator.user_name}"
    with transaction.atomic(using=DATABASE):
        changed = hold(person_code, actor=actor, clock=clock)
        call = Call.objects.create(person_code=person_code, received_at=clock.now(), operator=operator)
        append(Act(actor, "notice of loss", f"call {call.pk}", {"changed": len(changed)}), clock.now())
    return changed


@cites("S1-C5.1b")
def record_report_at_counter(person_code: str, *, actor: str, clock: Clock) -> int:
    """The loss was reported at a counter too: close the calls that waited for it; returns how many."""
    with transaction.atomic(using=DATABASE):
        locked_person(person_code)
        waiting = Call.objects.filter(person_code=person_code, reported_at_counter=False)
        closed = waiting.update(reported_at_counter=True)
        if closed:
            note_report(person_code, reported_lost=False)
            append(Act(actor, "report of loss", f"calls: {closed}", {"calls": closed}), clock.now())
    return closed
