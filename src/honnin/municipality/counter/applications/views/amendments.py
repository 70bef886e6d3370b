"""Correcting an application that was received, and withdrawing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.entered.typed import refill
from honnin.console.error_pages import error_on_page
from honnin.console.instants import instant
from honnin.errors import Conflict
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, wording
from honnin.municipality.counter.applications.amendments import services as amendment
from honnin.municipality.counter.applications.amendments import wording as amendment_wording
from honnin.municipality.counter.applications.amendments.forms import Amended, Withdrawal
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_application, only_post
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.views.application import (
    moved_on,
    of_the_applicant,
    overtaken,
    show,
)
from honnin.municipality.counter.guards import looks
from honnin.municipality.counter.guards.models import Clerk


@for_clerks
def amend(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """What the application says, to be put right. Papers that are missing are added on its own page."""
    found = looked_at_application(request, clerk, number, "amend")
    form = _form(request, clerk, found, request.POST if request.method == "POST" else None)
    try:
        guards.require(clerk, CounterAct.AMEND, found)
        if request.method == "POST" and form.is_valid():
            return _amended(request, clerk, found, form)
    except Conflict as error:
        return _overtaken(request, clerk, number, error)
    return _show(request, clerk, found, form, seen=request.POST.get("corrections", ""))


def _form(request: HttpRequest, clerk: Clerk, found: Application, data: QueryDict | None = None) -> Amended:
    """The form as it was sent, or as the application stands."""
    at = instant(request)
    sees_entry = looks.sees_entry(clerk, found.resident, at)
    return found.kind.amended(found, day_in_japan(at), data, sees_entry=sees_entry)


def _amended(request: HttpRequest, clerk: Clerk, found: Application, form: Amended) -> HttpResponse:
    seen, at = request.POST.get("corrections", ""), instant(request)
    changes = amendment.amend(
        found,
        form.request(),
        form.set_aside(),
        same_proxy=form.same(),
        seen=int(seen) if seen.isdecimal() else None,
        clerk=clerk,
        at=at,
    )
    if changes:
        messages.success(request, _("The correction was recorded. What stood before is kept."))
    else:
        messages.info(request, _("Nothing was changed: the application says this already."))
    return redirect("counter:application", found.number)


def _overtaken(request: HttpRequest, clerk: Clerk, number: str, error: Conflict) -> HttpResponse:
    """A colleague was faster. What was typed is shown beside what the application says now: on its own page
    where it was decided on, and to be sent again where it was corrected only.
    """
    now = queries.application(clerk, number)
    if not guards.may(clerk, CounterAct.AMEND, now):
        typed = wording.changed_rows(_form(request, clerk, now, request.POST)) if request.POST else ()
        return overtaken(request, clerk, now, error, unsent=typed)
    failures.note(request, error)
    return error_on_page(request, error, _show(request, clerk, now, _form(request, clerk, now)))


def _show(
    request: HttpRequest, clerk: Clerk, found: Application, form: Amended, *, seen: str = ""
) -> HttpResponse:
    """The page; `seen` is how many corrections the clerk knew of whose form was sent."""
    refill(request, form)
    corrections = found.amendments.select_related("amended_by").order_by("pk")
    overtaken = failures.noted_failure(request) is not None
    then = _(
        "%(step)s. Nothing of this was recorded. Compare the corrections with what is entered here, and "
        "record it once more where it is still right."
    )
    context = {
        "form": form,
        "application": found,
        "about": found.resident.name,
        "person": of_the_applicant(request, clerk, found.resident)["person"],
        "corrections": seen or corrections.count(),
        "amendments": amendment_wording.cells(corrections) if overtaken else (),
        "amendment_columns": amendment_wording.columns(),
        "failures": moved_on(failures.error_texts(request), found, then),
        "steps": wording.steps(wording.APPLICATION, found.kind.last_step, found.kind.own_steps),
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
