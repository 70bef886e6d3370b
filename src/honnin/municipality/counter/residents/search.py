"""Looking somebody up in the register, or an application by its number."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.console import failures, searches
from honnin.console.entered.typed import is_shown_again, refill
from honnin.console.error_pages import error_on_page
from honnin.console.instants import instant
from honnin.errors import HonninError
from honnin.law.counter.registration import registration_refusals
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.desk import for_clerks, ways_on
from honnin.municipality.counter.applications.looks import search_application
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.residents.forms import ResidentSearch
from honnin.municipality.counter.residents.lookups import search
from honnin.municipality.counter.residents.wording import resident_cells, resident_columns
from honnin.municipality.counter.wording import refusals
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import MOST_HITS, registration_of, removed_entry

SEARCH = "residents"


@for_clerks
def residents(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Whom to look up. What is sent is kept and shown under an address of its own, which does not say it."""
    if request.method == "POST":
        return redirect("counter:found", searches.keep(request, SEARCH, request.POST, ("text",)))
    return _show_search(request, ResidentSearch(), None, clerk)


@for_clerks
def found(request: HttpRequest, clerk: Clerk, handle: str) -> HttpResponse:
    """Who was found; nobody found is the law's first refusal."""
    terms = searches.kept(request, SEARCH, handle)
    if terms is None:
        messages.info(request, _("This search is no longer kept. Enter it again."))
        return redirect("counter:residents")
    form = ResidentSearch(terms)
    if not form.is_valid():
        return _show_search(request, form, None, clerk)
    question = form.cleaned_data["question"]
    if question.application:
        return _show_application(request, form, search_application(clerk, question, at=instant(request)))
    try:
        hits = search(clerk, question, at=instant(request))
    except HonninError as error:  # what was asked stays, to be asked again
        failures.note(request, error)
        return error_on_page(request, error, _show_search(request, form, None, clerk))
    return _show_search(request, form, hits, clerk)


def _show_search(
    request: HttpRequest, form: ResidentSearch, hits: list[Resident] | None, clerk: Clerk
) -> HttpResponse:
    # Only a name or a code that finds nobody says something of the register.
    question = form.cleaned_data["question"] if hits == [] else None
    says_something = question is not None and not question.finds_a_part
    removed = removed_entry(question.code) if question and question.code else None
    unknown = registration_refusals(registration_of(removed)) if says_something else ()
    if is_shown_again(request):  # what was typed since, beside what was found
        form = ResidentSearch()
        refill(request, form)
    context = {
        "form": form,
        "found": len(hits or ()),
        "cut_short": len(hits or ()) >= MOST_HITS,
        "searched": hits is not None,
        "columns": resident_columns(),
        "rows": resident_cells(hits or (), clerk.municipality_id),
        "nobody": hits == [],
        "by_code": question is not None and bool(question.code),
        "refusals": refusals(unknown),
        "ways": ways_on(clerk, removed, unknown) if removed else (),
        "steps": wording.steps(wording.APPLICANT),
    }
    return render(request, "counter/residents.html", context)


def _show_application(request: HttpRequest, form: ResidentSearch, found: Application | None) -> HttpResponse:
    """The one application that has the number; the person is a link in its row."""
    if is_shown_again(request):
        form = ResidentSearch()
        refill(request, form)
    context = {
        "form": form,
        "by_number": True,
        "application_columns": wording.application_columns(),
        "applications": wording.application_cells([found] if found else []),
        "steps": wording.steps(wording.APPLICANT),
    }
    return render(request, "counter/residents.html", context)
