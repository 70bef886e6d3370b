"""Receiving an application of any kind, and what is known to stand against it before it is received."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.console import failures
from honnin.console.instants import instant
from honnin.errors import Conflict, Refusal
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, services, wording
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.forms import NewRequest
from honnin.municipality.counter.applications.views.application import overtaken
from honnin.municipality.counter.declaration import registered, remedies
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import refusals
from honnin.municipality.residents.models import Resident


def foreseen(
    request: HttpRequest, clerk: Clerk, resident: Resident, against: Collection[Refusal], *, page: str = ""
) -> dict[str, object]:
    """What stands against an application whatever is shown for it, the act that would end that, which leads
    back to `page`, and where the form is printed for whoever has none.
    """
    codes = {each.code for each in against}
    offered = (each for each in remedies() if each.template and each.code in codes)
    first = next((each for each in offered if guards.may(clerk, each.act, resident)), None)
    given = {"resident": resident, "then": page}
    remedy = render_to_string(first.template, given, request) if first else ""
    receives = (each.name for each in registered() if each.kind and each.kind.form_page == page)
    paper = [reverse("counter:paper_form", args=[resident.public_id, name]) for name in receives]
    return {"against": refusals(against), "remedy": remedy, "paper_url": paper[0] if paper else ""}


def receive(
    request: HttpRequest, clerk: Clerk, resident: Resident, form: NewRequest, scans: Scans
) -> HttpResponse:
    """Take it, or show the one that is under way already, which is what a second click finds; where a
    colleague received that, beside what was typed.
    """
    asked = form.request()
    try:
        application = services.receive_application(resident, asked, clerk=clerk, at=instant(request))
    except Conflict as error:
        present = queries.in_the_way(clerk, resident, asked)
        if present is None:
            raise
        if present.received_by != clerk:
            return overtaken(request, clerk, present, error, unsent=wording.changed_rows(form))
        failures.carry(request, error)
        return redirect("counter:application", present.number)
    scans.forget()
    messages.success(request, _("The application was received."))
    return redirect("counter:application", application.number)
