"""Another address: as it is typed, once more what it ends, the record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.law.certificates.lapse import EntryChange, event_of_change, ground_for_lapse
from honnin.law.counter.acts import CounterAct
from honnin.law.names.addresses import change_of_address as change_in_law
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.prospects import receivable
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.change_address import services
from honnin.municipality.counter.procedures.change_address.forms import ChangeOfAddress
from honnin.municipality.counter.procedures.change_address.wording import (
    change_rows,
    ended_by_change,
    is_revoked_by,
    new_address_rows,
    undelivered_rows,
)
from honnin.municipality.counter.residents.moves import CONFIRMED
from honnin.municipality.counter.wording import person_rows
from honnin.municipality.residents.models import Resident


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
        "person": person_rows(person),
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
    now, entered, declared = instant(request), form.cleaned_data, form.declared()
    before = person_state(clerk, person.pk)
    moved = change_in_law(person.address, entered["address"], declared) is EntryChange.ADDRESS
    after = services.change_address(
        person, entered["address"], declared, moved_on=entered["moved_on"], clerk=clerk, at=now
    )
    recorded = (
        _("The new address was recorded.") if moved else _("The new writing of the address was recorded.")
    )
    today, after = day_in_japan(now), after or before
    anew = receivable(person, after, clerk, today)
    became = outcomes.after_act(before, after, today, receivable=anew)
    application = outcomes.application_with_the_notice(after, today, anew) if moved else ""
    return outcomes.sentences(recorded, became, application)


def _ahead(request: HttpRequest, clerk: Clerk, person: Resident) -> dict[str, object]:
    """Whether a move would revoke anything, before anything is typed."""
    today = day_in_japan(instant(request))
    ending = standing(person_state(clerk, person.pk), today).get(Purpose.SIGNATURE)
    event = event_of_change(EntryChange.ADDRESS, today)
    return {"lapses": ending is not None and ground_for_lapse(event, Purpose.SIGNATURE) is not None}


def _new_address_to_confirm(
    request: HttpRequest, clerk: Clerk, person: Resident, form: ChangeOfAddress
) -> dict[str, object]:
    """What will be recorded, and what becomes of card and certificates as they stand now."""
    today, entered = day_in_japan(instant(request)), form.cleaned_data
    state = person_state(clerk, person.pk)
    change = change_in_law(person.address, entered["address"], form.declared())
    ended = ended_by_change(state, change, today)
    return {
        "rows": [
            *new_address_rows(person, entered["address"], change, entered["moved_on"]),
            *change_rows(state, change, today),
        ],
        "ends": is_revoked_by(state, ended, today),
        "pending": undelivered_rows(queries.pending_applications(clerk, person), ended),
    }
