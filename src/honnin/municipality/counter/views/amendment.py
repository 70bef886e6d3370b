"""Correcting an application that was received, and withdrawing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.error_pages import said_on
from honnin.console.instants import instant
from honnin.console.typed import refill
from honnin.errors import Conflict
from honnin.law.counter_acts import CounterAct
from honnin.municipality.counter import amendment, guards, looks, queries, wording
from honnin.municipality.counter.amendment_forms import AmendedApplication, AmendedPinReset, Withdrawal
from honnin.municipality.counter.models import Clerk
from honnin.municipality.counter.views.applications import of_the_applicant, show
from honnin.municipality.counter.views.desk import for_clerks, looked_at_application, only_post


@for_clerks
def amend(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """What the application says, to be put right. Papers that are missing are added on its own page."""
    found = looked_at_application(request, clerk, number, "amend")
    try:
        guards.require(clerk, CounterAct.AMEND, found)
    except Conflict as error:  # it was decided on since: its own page shows what can be done
        failures.note(request, error)
        return said_on(request, error, show(request, clerk, found))
    at = instant(request)
    data = (request.POST,) if request.method == "POST" else ()
    kind = AmendedPinReset if found.resets_pins else AmendedApplication
    form = kind(found, day_in_japan(at), *data)
    if isinstance(form, AmendedApplication) and not looks.sees_entry(clerk, found.resident, at):
        form.leave_out_entry()
    if request.method == "POST" and form.is_valid():
        changes = amendment.amend(
            found, form.wish(), form.set_aside(), same_proxy=form.same(), clerk=clerk, at=at
        )
        if changes:
            messages.success(request, _("The correction was recorded. What stood before is kept."))
        else:
            messages.info(request, _("Nothing was changed: the application says this already."))
        return redirect("counter:application", number)
    refill(request, form)
    context = {
        "form": form,
        "application": found,
        "about": found.resident.name,
        "person": of_the_applicant(request, clerk, found.resident)["person"],
        "steps": wording.steps(wording.APPLICATION, resets_pins=found.resets_pins),
    }
    return render(request, "counter/amend.html", context)


@only_post
def withdraw(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Take the application back, and say why."""
    found = queries.application(clerk, number)
    guards.require(clerk, CounterAct.WITHDRAW, found)
    form = Withdrawal(request.POST)
    if not form.is_valid():
        return show(request, clerk, found, form)
    amendment.withdraw(found, form.chosen(), clerk=clerk, at=instant(request))
    messages.success(request, _("The application was withdrawn. A new one can be received."))
    return redirect("counter:application", number)
