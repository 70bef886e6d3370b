"""Somebody moves, within the municipality or out of it: the notice, once more what it ends, the record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Refused
from honnin.law.certificates.lapse import EntryChange, event_of_change, ground_for_lapse
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration
from honnin.law.names.addresses import change_of_address as change_in_law
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import prospects, queries, services, wording
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.applications.facts import standing
from honnin.municipality.counter.applications.models import Clerk
from honnin.municipality.counter.cards import outcomes as becomes
from honnin.municipality.counter.procedures.change_address.forms import ChangeOfAddress, MovingOut
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of

CONFIRMED = "confirmed"


@for_clerks
def change_address(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """The address of a resident is another, or is written otherwise, within the municipality."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.CHANGE_ADDRESS)
    if _is_sent_again(request, person):
        messages.info(request, _("This address was recorded already. Nothing was changed."))
        return redirect("counter:resident", public_id)
    data = (request.POST,) if request.method == "POST" else ()
    form = ChangeOfAddress(person, day_in_japan(instant(request)), *data)
    confirming = request.method == "POST" and form.is_valid()
    if confirming and CONFIRMED in request.POST:
        messages.success(request, _change_address(request, clerk, person, form))
        return redirect("counter:resident", public_id)
    if not confirming:
        refill(request, form)
    context = {
        "stood": person.address if form.is_bound else request.POST.get("stood", person.address),
        "resident": person,
        "about": person.name,
        "person": wording.person_rows(person),
        "form": form,
        **(
            _new_address_to_confirm(request, clerk, person, form)
            if confirming
            else _ahead(request, clerk, person)
        ),
    }
    return render(request, "counter/change_address.html", context)


def _is_sent_again(request: HttpRequest, person: Resident) -> bool:
    """Whether what was confirmed stands in the register: a second click finds the work done."""
    return CONFIRMED in request.POST and request.POST.get("address", "").strip() == person.address


def _change_address(request: HttpRequest, clerk: Clerk, person: Resident, form: ChangeOfAddress) -> str:
    """Record it, and say what became of the certificates."""
    now, entered, said = instant(request), form.cleaned_data, form.said()
    before = services.person_state(clerk, person.pk)
    moved = change_in_law(person.address, entered["address"], said) is EntryChange.ADDRESS
    after = services.change_address(
        person, entered["address"], said, moved_on=entered["moved_on"], clerk=clerk, at=now
    )
    recorded = (
        _("The new address was recorded.") if moved else _("The new writing of the address was recorded.")
    )
    today, after = day_in_japan(now), after or before
    receivable = prospects.receivable(person, after, clerk, today)
    told = becomes.told(before, after, today, receivable=receivable)
    return becomes.sentences(recorded, told)


def _ahead(request: HttpRequest, clerk: Clerk, person: Resident) -> dict[str, object]:
    """Whether a move would revoke anything, before anything is typed."""
    today = day_in_japan(instant(request))
    ending = standing(services.person_state(clerk, person.pk), today).get(Purpose.SIGNATURE)
    event = event_of_change(EntryChange.ADDRESS, today)
    return {"lapses": ending is not None and ground_for_lapse(event, Purpose.SIGNATURE) is not None}


def _new_address_to_confirm(
    request: HttpRequest, clerk: Clerk, person: Resident, form: ChangeOfAddress
) -> dict[str, object]:
    """What will be recorded, and what becomes of card and certificates as they stand now."""
    today, entered = day_in_japan(instant(request)), form.cleaned_data
    state = services.person_state(clerk, person.pk)
    change = change_in_law(person.address, entered["address"], form.said())
    ended = becomes.ended_by_change(state, change, today)
    return {
        "rows": [
            *wording.new_address_rows(person, entered["address"], change, entered["moved_on"]),
            *becomes.change_rows(state, change, today),
        ],
        "ends": becomes.is_revoked_by(state, ended, today),
        "pending": becomes.undelivered_rows(queries.pending_applications(clerk, person), ended),
    }


def _to_confirm(request: HttpRequest, clerk: Clerk, person: Resident, form: MovingOut) -> dict[str, object]:
    """What the notice says, and what becomes of card and certificates as they stand now."""
    today, moved_on = day_in_japan(instant(request)), form.cleaned_data["moved_on"]
    state = services.person_state(clerk, person.pk)
    noticed = wording.moving_out_rows(person, form.cleaned_data)
    return {
        "rows": [*noticed, *becomes.moving_out_rows(state, moved_on, today)],
        "overdue": becomes.overdue_warning(state, moved_on, today),
        "pending": becomes.pending_rows(queries.pending_applications(clerk, person), moved_on, today),
    }


def _moved_out(clerk: Clerk, public_id: str) -> Resident | None:
    """Whose moving out was recorded before. Raises NotAllowed as `guards.require`."""
    person = queries.entry_of(public_id)
    if person is None or registration_of(person) is not Registration.MOVED_OUT:
        return None
    guards.require(clerk, CounterAct.MOVE_OUT, person)
    return person


@for_clerks
def move_out(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A notice of moving to another municipality: the day, then once more what it ends, then the removal."""
    try:
        return _notice(request, clerk, public_id)
    except Refused:  # a second click, or a colleague in between: the work is done
        person = _moved_out(clerk, public_id) if request.method == "POST" else None
        if person is None:
            raise
    at, who = queries.moving_out_recorded(person)
    told = {"when": wording.moment(at), "who": who}
    said = [_("Moving out was recorded already. Nothing was changed.")]
    said += [_("Recorded: %(when)s %(who)s") % told] if at else []
    messages.info(request, "\n".join(said))
    return _after_moving_out(clerk, person)


def _after_moving_out(clerk: Clerk, person: Resident) -> HttpResponse:
    """To the application that is left to end, or to the next person."""
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
        "person": wording.person_rows(person),
        "form": form,
        "about": person.name,
        **(_to_confirm(request, clerk, person, form) if confirming else {}),
    }
    return render(request, "counter/move_out.html", context)


def _move_out(request: HttpRequest, clerk: Clerk, person: Resident, form: MovingOut) -> str:
    """Record it, and say what became of the certificates."""
    now, entered = instant(request), form.cleaned_data
    before = services.person_state(clerk, person.pk)
    after = services.move_out(person, entered["destination"], entered["moved_on"], clerk=clerk, at=now)
    recorded = _("Moving out was recorded. The person is no longer in this register.")
    return becomes.sentences(recorded, becomes.told(before, after or before, day_in_japan(now)))
