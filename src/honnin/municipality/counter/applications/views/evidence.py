"""Copies of documents: one is added, one is looked at."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, services
from honnin.municipality.counter.applications.desk import for_clerks, only_post
from honnin.municipality.counter.applications.evidence.scans import scans_of
from honnin.municipality.counter.applications.forms import AddEvidence
from honnin.municipality.counter.applications.looks import at_copy
from honnin.municipality.counter.applications.views.application import show
from honnin.municipality.counter.guards.models import Clerk

# Styles are the browser's own, with which it places a picture.
_ABLE_TO_DO_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


_SHOWN = {
    "image/jpeg": ("jpg", "inline"),
    "image/png": ("png", "inline"),
    "application/pdf": ("pdf", "attachment"),
}


@takes_copies
@only_post
def evidence(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Add a copy."""
    found = queries.application(clerk, number)
    guards.require(clerk, CounterAct.ADD_EVIDENCE, found)
    scans = scans_of(request, found)
    form = AddEvidence(bool(found.proxy_kind), *scans.sent())
    if not form.is_valid():
        return show(request, clerk, found, form)
    services.add_evidence(found, (form.shown(),), clerk=clerk, at=instant(request))
    scans.forget()
    messages.success(request, _("The copy was kept."))
    return redirect("counter:application", number)


@for_clerks
def evidence_copy(request: HttpRequest, clerk: Clerk, number: str, copy_id: str) -> HttpResponse:
    """A kept copy, shown as it is and able to do nothing: no script, no form, no address of ours.

    A PDF is handed out as a file, because browsers show none in such a page.
    """
    copy = queries.evidence_copy(clerk, number, copy_id)
    extension, shown = _SHOWN[copy.media_type]
    response = HttpResponse(at_copy(clerk, copy, at=instant(request)), content_type=copy.media_type)
    response.headers["Content-Disposition"] = f'{shown}; filename="{number}-{copy_id[:8]}.{extension}"'
    response.headers["Content-Security-Policy"] = _ABLE_TO_DO_NOTHING
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
