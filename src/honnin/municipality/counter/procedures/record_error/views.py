"""What is wrong in a certificate, what that ends, and the act."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.prospects import receivable
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.record_error import services
from honnin.municipality.counter.procedures.record_error.forms import ITEM, RecordError
from honnin.municipality.counter.residents.views import today
from honnin.municipality.counter.wording import person_rows


@for_clerks
def record_error(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What is wrong. Nothing happens here yet."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.RECORD_ERROR)
    form = RecordError(*((request.POST,) if request.method == "POST" else ()))
    if form.is_bound and form.is_valid():
        return redirect("counter:confirm_record_error", public_id, form.chosen())
    refill(request, form)
    context = {
        "resident": person,
        "about": person.name,
        "person": person_rows(person),
        "form": form,
        "any": bool(standing(person_state(clerk, person.pk), today(request))),
    }
    return render(request, "counter/record_error.html", context)


@for_clerks
def confirm_record_error(request: HttpRequest, clerk: Clerk, public_id: str, item: str) -> HttpResponse:
    """Say which certificates the error ends, then do it."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.RECORD_ERROR)
    state = person_state(clerk, person.pk)
    form = RecordError({"item": item})
    if not form.is_valid():
        return redirect("counter:record_error", public_id)
    ended = services.in_error(state, form.chosen(), today(request))
    if request.method == "POST":
        after = services.record_error(person, form.chosen(), clerk=clerk, at=instant(request))
        if after is not None:
            anew = receivable(person, after, clerk, today(request))
            messages.success(request, outcomes.after_act(state, after, today(request), receivable=anew))
        else:
            messages.info(request, _("No certificate is left that says this. Nothing was changed."))
        return redirect("counter:resident", public_id)
    context = {
        "resident": person,
        "about": person.name,
        "any": bool(ended),
        "rows": [
            *person_rows(person)[:3],
            {"label": _("What is wrong"), "value": ITEM[form.chosen()]},
            *outcomes.certificate_rows(state, ended, Purpose, today(request)),
        ],
    }
    return render(request, "counter/confirm_record_error.html", context)
