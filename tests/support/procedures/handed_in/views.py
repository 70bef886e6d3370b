"""The page on which it is noted, and the list."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from honnin.console.instants import instant
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.guards.acts import about_resident, record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import person_rows
from honnin.municipality.records.models import JournalEntry

ACT = CounterAct.REPORT_LOSS


class HandedIn(forms.Form):
    where = forms.CharField(max_length=100, error_messages={"required": "Enter where it was found."})


@for_clerks
def hand_in(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    person = looked_at_resident(request, clerk, public_id, ACT)
    form = HandedIn(request.POST if request.method == "POST" else None)
    if form.is_valid():
        record_alone(clerk, "note card handed in", about_resident(person), instant(request))
        messages.success(request, "It was noted.")
        return redirect("counter:resident", public_id)
    context = {"form": form, "resident": person, "about": person.name, "person": person_rows(person)}
    return render(request, "counter/hand_in.html", context)


@for_clerks
def list_handed_in(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    number = JournalEntry.objects.filter(act="note card handed in").count()
    return HttpResponse(f"{number} handed in at {clerk.counter_name}")
