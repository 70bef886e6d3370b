"""Why another municipality's resident must be looked at: asked before anything but name and town is shown."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from honnin.console.instants import instant
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.guards import looks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.residents.forms import Reason
from honnin.municipality.counter.residents.views import show_elsewhere
from honnin.municipality.residents.queries import resident_of


@for_clerks
def give_reason(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """Keep what was said and go back to the person, of whom everything is shown for fifteen minutes."""
    person = resident_of(public_id)
    form = Reason(request.POST)
    if request.method != "POST" or person.municipality_id == clerk.municipality_id:
        return redirect("counter:resident", public_id)
    if not form.is_valid():
        return show_elsewhere(request, clerk, person, form)
    looks.give_reason(clerk, person, form.reason(), form.cleaned_data["explanation"], at=instant(request))
    return redirect("counter:resident", public_id)
