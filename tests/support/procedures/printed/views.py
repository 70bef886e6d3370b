"""Where it is received, and where the copies are printed: a first click begins, a second one finishes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from honnin.clock import day_in_japan
from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.desk import (
    for_clerks,
    looked_at_application,
    looked_at_resident,
)
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.views.receiving import receive
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import person_rows
from tests.support.procedures.printed import services
from tests.support.procedures.printed.forms import NewCopies


@takes_copies
@for_clerks
def new_printed(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    scans = Scans(request, f"copies of {public_id}")
    form = NewCopies(resident, day_in_japan(instant(request)), *scans.sent())
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    context = {"form": form, "resident": resident, "about": resident.name, "person": person_rows(resident)}
    return render(request, "counter/new_printed.html", context)


@for_clerks
def print_copies(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    found = looked_at_application(request, clerk, number, "print_copies")
    if request.method == "POST":
        services.print_copies(found, clerk=clerk, at=instant(request))
    return redirect("counter:application", number)
