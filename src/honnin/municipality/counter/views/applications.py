"""Receiving and examining: the list, a new application, evidence, acceptance or refusal."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.admission import takes_copies
from honnin.errors import Conflict
from honnin.law.wording import say_error, say_refusals
from honnin.municipality.counter import queries, services, wording
from honnin.municipality.counter.forms import AddEvidence, NewApplication, Rejection
from honnin.municipality.counter.models import Application, ApplicationState, Clerk
from honnin.municipality.counter.views.desk import clock, for_clerks, only_post
from honnin.municipality.residents.models import Resident

State = ApplicationState
_STEP = {
    State.UNDER_EXAMINATION: wording.EXAMINATION,
    State.REJECTED: wording.EXAMINATION,
    State.APPROVED: wording.CARD_AND_PINS,
    State.ISSUED: wording.RECEIPT,
    State.HANDED_OVER: wording.RECEIPT + 1,
    State.SETTING_PINS: wording.CARD_AND_PINS,
    State.PINS_SET: wording.CARD_AND_PINS + 1,
}


@for_clerks
def applications(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """What the municipality's counters received."""
    pages = Paginator(queries.applications_at(clerk), queries.ON_ONE_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "columns": wording.application_columns(),
        "rows": wording.application_cells(page.object_list),
    }
    return render(request, "counter/applications.html", context)


@takes_copies
@for_clerks
def new_application(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """What a resident asks for and brought. Raises Refused E_NOT_RESIDENT for anybody else."""
    resident = queries.resident_of_code(person_code)
    today = day_in_japan(clock().now())
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = NewApplication(resident, today, *data)
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form.wish())
    context = {
        "form": form,
        "resident": resident,
        "person": wording.person_rows(resident),
        "steps": wording.steps(wording.APPLICATION),
        "substitutes": form.substituted,
    }
    return render(request, "counter/new_application.html", context)


def receive(request: HttpRequest, clerk: Clerk, resident: Resident, wish: services.Wish) -> HttpResponse:
    """Take it, or show the one that is under way already, which is what a second click finds."""
    try:
        application = services.receive_application(resident, wish, clerk=clerk, clock=clock())
    except Conflict as error:
        present = queries.open_application(clerk, resident)
        if present is None:
            raise
        messages.warning(request, say_error(error, wording.language())[0].cause)
        return redirect("counter:application", present.number)
    messages.success(request, _("The application was received."))
    return redirect("counter:application", application.number)


@for_clerks
def application(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """One application: who, what, the evidence, everything that stands against it, and what can be done."""
    found = queries.application(clerk, number)
    return _show(request, clerk, found, AddEvidence(bool(found.proxy_kind)), Rejection())


def _show(
    request: HttpRequest, clerk: Clerk, found: Application, evidence: AddEvidence, rejection: Rejection
) -> HttpResponse:
    examining = found.state == State.UNDER_EXAMINATION
    refusals = services.examine(found, clerk=clerk, clock=clock()) if examining else ()
    state = services.person_state(clerk, found.resident_id)
    context = {
        "application": found,
        "rows": wording.application_rows(found),
        "person": wording.person_rows(found.resident),
        "card": wording.card_rows(state),
        "copies": wording.copy_cells(found.evidence.defer("content").order_by("pk")),
        "copy_columns": [_("Document"), _("Whose document"), _("Copied")],
        "examining": examining,
        "refusals": say_refusals(refusals, wording.language()),
        "may": {act: services.may_step(found, act) for act in services.STEPS},
        "evidence_form": evidence,
        "rejection_form": rejection,
        "form": evidence if evidence.is_bound else rejection,
        "steps": wording.steps(_STEP[State(found.state)], resets_pins=found.resets_pins),
    }
    return render(request, "counter/application.html", context)


@takes_copies
@only_post
def evidence(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Add a copy."""
    found = queries.application(clerk, number)
    services.require_step(found, "add_evidence")
    form = AddEvidence(bool(found.proxy_kind), request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, clerk, found, form, Rejection())
    services.add_evidence(found, (form.shown(),), clerk=clerk, clock=clock())
    messages.success(request, _("The copy was kept."))
    return redirect("counter:application", number)


@for_clerks
def evidence_copy(request: HttpRequest, clerk: Clerk, number: str, copy_id: int) -> HttpResponse:
    """A kept copy, shown as it is."""
    copy = queries.evidence_copy(clerk, number, copy_id)
    extension = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}[copy.media_type]
    response = HttpResponse(bytes(copy.content), content_type=copy.media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{number}-{copy_id}.{extension}"'
    return response


@only_post
def approve(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Accept, where nothing stands against it."""
    found = queries.application(clerk, number)
    services.approve(found, clerk=clerk, clock=clock())
    messages.success(request, _("The application was accepted. Put the applicant's card on the reader."))
    return redirect("counter:set_pins" if found.resets_pins else "counter:issue", number)


@only_post
def reject(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Do not accept, and say why."""
    found = queries.application(clerk, number)
    services.require_step(found, "reject")
    form = Rejection(request.POST)
    if not form.is_valid():
        return _show(request, clerk, found, AddEvidence(bool(found.proxy_kind)), form)
    services.reject(found, form.cleaned_data["reason"], clerk=clerk, clock=clock())
    messages.success(request, _("The application was not accepted. Tell the applicant the reason."))
    return redirect("counter:application", number)
