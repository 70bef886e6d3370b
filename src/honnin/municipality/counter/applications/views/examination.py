"""Deciding on an application, and ending one that cannot be completed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from honnin.console.instants import instant
from honnin.errors import Conflict
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, services
from honnin.municipality.counter.applications.desk import only_post
from honnin.municipality.counter.applications.forms import Rejection
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.views.application import show
from honnin.municipality.counter.guards.models import Clerk


@only_post
def approve(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Accept, where nothing stands against it."""
    found = queries.application(clerk, number)
    _require_as_shown(request, found)
    services.approve(found, clerk=clerk, at=instant(request))
    messages.success(request, str(found.kind.accepted))
    return redirect(f"counter:{found.kind.page}", number)


def _require_as_shown(request: HttpRequest, found: Application) -> None:
    """What the clerk accepts is what their page showed. Raises Conflict E_APPLICATION_STATE where it was
    corrected since.
    """
    shown = request.POST.get("corrections")
    if shown is not None and shown != str(found.amendments.count()):
        raise Conflict("E_APPLICATION_STATE", state=found.state)


@only_post
def reject(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Do not accept, and say why."""
    found = queries.application(clerk, number)
    guards.require(clerk, CounterAct.REJECT, found)
    form = Rejection(request.POST)
    if not form.is_valid():
        return show(request, clerk, found, form)
    reason, found_false = form.cleaned_data["reason"], form.cleaned_data["found_false"]
    services.reject(found, reason, clerk=clerk, at=instant(request), found_false=found_false)
    messages.success(request, _("The application was rejected. Tell the applicant the reason."))
    return redirect("counter:application", number)


@only_post
def end(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """End an application that cannot be completed any more."""
    services.end(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The application was ended. Certificates that are valid stay valid."))
    return redirect("counter:application", number)
