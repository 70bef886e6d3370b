"""A notice of moving out: the day, once more what it ends, the record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Conflict, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.moving_out import services
from honnin.municipality.counter.procedures.moving_out.forms import MovingOut
from honnin.municipality.counter.procedures.moving_out.wording import (
    notice_rows,
    outcome_rows,
    overdue_warning,
    pending_rows,
)
from honnin.municipality.counter.residents.moves import CONFIRMED
from honnin.municipality.counter.wording import moment, person_rows
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import entry_of, planned_departures, registration_of


def _to_confirm(request: HttpRequest, clerk: Clerk, person: Resident, form: MovingOut) -> dict[str, object]:
    """What the notice says, and what becomes of card and certificates as they stand now."""
    today, moved_on = day_in_japan(instant(request)), form.cleaned_data["moved_on"]
    state = person_state(clerk, person.pk)
    noticed = notice_rows(person, form.cleaned_data)
    return {
        "rows": [*noticed, *outcome_rows(state, moved_on, today)],
        "ahead": moved_on > today,
        "overdue": overdue_warning(state, moved_on, today),
        "pending": pending_rows(queries.pending_applications(clerk, person), moved_on, today),
    }


def _moved_out(clerk: Clerk, public_id: str) -> Resident | None:
    """Whose moving out was recorded before, or is planned. Raises NotAllowed as `guards.require`."""
    person = entry_of(public_id)
    if person is None or not (_has_left(person) or planned_departures(person).filter(abroad=False).exists()):
        return None
    guards.require(clerk, CounterAct.MOVE_OUT, person)
    return person


def _has_left(person: Resident) -> bool:
    return registration_of(person) is Registration.MOVED_OUT


@for_clerks
def move_out(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A notice of moving to another municipality: the day, then once more what it ends, then the removal."""
    try:
        return _notice(request, clerk, public_id)
    except (Refused, Conflict):  # a second click, or a colleague in between: the work is done
        person = _moved_out(clerk, public_id) if request.method == "POST" else None
        if person is None:
            raise
    at, who = queries.moving_out_recorded(person) if _has_left(person) else (None, "")
    recorded = {"when": moment(at), "who": who}
    lines = [_("Moving out was recorded already. Nothing was changed.")]
    lines += [_("Recorded: %(when)s %(who)s") % recorded] if at else []
    messages.info(request, "\n".join(lines))
    return _after_moving_out(clerk, person)


def _after_moving_out(clerk: Clerk, person: Resident) -> HttpResponse:
    """To the application that is left to end, or to the next person; to who is entered until the day."""
    if person.removed_on is None:
        return redirect("counter:resident", person.public_id)
    left = queries.open_application(clerk, person)
    return redirect("counter:application", left.number) if left else redirect("counter:residents")


def _notice(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    person = looked_at_resident(request, clerk, public_id, CounterAct.MOVE_OUT)
    data = (request.POST,) if request.method == "POST" else ()
    form = MovingOut(person, day_in_japan(instant(request)), *data)
    confirming = request.method == "POST" and form.is_valid()
    if confirming and CONFIRMED in request.POST:
        messages.success(request, _move_out(request, clerk, person, form))
        return _after_moving_out(clerk, person)
    if not confirming:
        refill(request, form)
    context = {
        "resident": person,
        "person": person_rows(person),
        "form": form,
        "about": person.name,
        **(_to_confirm(request, clerk, person, form) if confirming else {}),
    }
    return render(request, "counter/move_out.html", context)


def _move_out(request: HttpRequest, clerk: Clerk, person: Resident, form: MovingOut) -> str:
    """Record it, and say what became of the certificates."""
    now, entered = instant(request), form.cleaned_data
    before = person_state(clerk, person.pk)
    after = services.move_out(person, entered["destination"], entered["moved_on"], clerk=clerk, at=now)
    if entered["moved_on"] > day_in_japan(now):
        return _("Moving out was recorded ahead of its day. Until then the entry stands.")
    recorded = _("Moving out was recorded. The person is no longer in this register.")
    return outcomes.sentences(recorded, outcomes.after_act(before, after or before, day_in_japan(now)))
