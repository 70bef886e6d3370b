"""What a holder wants to have revoked, once more what that ends, and the act."""

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
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.revocation import services
from honnin.municipality.counter.procedures.revocation.forms import GROUND, Revocation
from honnin.municipality.counter.procedures.revocation.services import revocable
from honnin.municipality.counter.residents.views import today
from honnin.municipality.counter.wording import person_rows


@for_clerks
def revoke(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What the holder wants to have revoked, and why. Nothing happens here yet."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.REVOKE)
    purposes = revocable(person_state(clerk, person.pk), today(request))
    form = Revocation(purposes, *((request.POST,) if request.method == "POST" else ()))
    if form.is_bound and form.is_valid():
        return redirect(
            "counter:confirm_revocation", public_id, form.ground_chosen(), "+".join(form.chosen())
        )
    refill(request, form)
    context = {
        "resident": person,
        "about": person.name,
        "person": person_rows(person),
        "form": form,
        "any": bool(purposes),
    }
    return render(request, "counter/revoke.html", context)


@for_clerks
def confirm_revocation(
    request: HttpRequest, clerk: Clerk, public_id: str, ground: str, purposes: str
) -> HttpResponse:
    """Say once more what will be revoked for good, then do it."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.REVOKE)
    state = person_state(clerk, person.pk)
    form = Revocation(tuple(Purpose), {"ground": ground, "purposes": purposes.split("+")})
    if not form.is_valid():
        return redirect("counter:revoke", public_id)
    ended = set(revocable(state, today(request))) & set(form.chosen())
    if request.method != "POST" and not ended:  # nothing that could be confirmed
        return redirect("counter:revoke", public_id)
    if request.method == "POST":
        after = services.revoke(person, form.ground_chosen(), form.chosen(), clerk=clerk, at=instant(request))
        if after is not None:
            messages.success(request, outcomes.after_act(state, after, today(request)))
        else:
            messages.info(request, _("There was no certificate left to revoke. Nothing was changed."))
        return redirect("counter:resident", public_id)
    context = {
        "resident": person,
        "about": person.name,
        "rows": [
            *person_rows(person)[:3],
            {"label": _("Reason for the revocation"), "value": GROUND[form.ground_chosen()]},
            *outcomes.certificate_rows(state, form.chosen(), form.chosen(), today(request)),
        ],
    }
    return render(request, "counter/confirm_revocation.html", context)
