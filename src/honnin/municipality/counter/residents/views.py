"""Residents and what became of their certificates: search, status, release, revocation."""

from dataclasses import replace
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.console import failures, searches
from honnin.console.entered.typed import is_shown_again, refill
from honnin.console.error_pages import HTTP_STATUS, error_on_page
from honnin.console.instants import instant
from honnin.errors import CardError, HonninError, Refusal, Refused
from honnin.law.certificates.status import Status
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration, registration_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, services, wording
from honnin.municipality.counter.applications.desk import TURNED_ROUND, for_clerks, looked_at_resident
from honnin.municipality.counter.applications.facts import has_card, has_valid_card, standing, status_of
from honnin.municipality.counter.applications.forms import Reason, ResidentSearch, Revocation
from honnin.municipality.counter.applications.models import Application, Clerk
from honnin.municipality.counter.cards import outcomes as becomes
from honnin.municipality.counter.cards import reader as card_reader
from honnin.municipality.counter.cards.forms import FoundCard, require_another_card
from honnin.municipality.counter.guards import looks
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import MOST_HITS, Question, registration_of
from honnin.wire.messages.certificates import PersonState

ELSEWHERE = Refusal("E_OFFICE_WRONG", ("S4-3.1",))
SEARCH = "residents"
_AFTER_A_LOSS = ("new_application", "new_pin_reset")
"""Where a loss may be closed so that one can go on there."""


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
        return _show_application(
            request, form, looks.search_application(clerk, question, at=instant(request))
        )
    try:
        hits = looks.search(clerk, question, at=instant(request))
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
    unknown = registration_refusals(_registration(question)) if question and says_something else ()
    if is_shown_again(request):  # what was typed since, beside what was found
        form = ResidentSearch()
        refill(request, form)
    context = {
        "form": form,
        "found": len(hits or ()),
        "cut_short": len(hits or ()) >= MOST_HITS,
        "searched": hits is not None,
        "columns": wording.resident_columns(),
        "rows": wording.resident_cells(hits or (), clerk.municipality_id),
        "nobody": hits == [],
        "by_code": question is not None and bool(question.code),
        "refusals": wording.refusals(unknown),
        "steps": wording.steps(wording.APPLICANT),
    }
    return render(request, "counter/residents.html", context)


def _registration(question: Question) -> Registration:
    """How whoever was asked for stands in the register, where nobody in it was found."""
    removed = queries.removed_entry(question.code) if question.code else None
    return registration_of(removed)


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


@for_clerks
def resident(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """One resident: the card, the certificates, and what can be asked for.

    Of another municipality's resident name and municipality, until the clerk has said why more is needed.
    """
    return _show(request, clerk, queries.resident_of(public_id))


def _show(request: HttpRequest, clerk: Clerk, person: Resident) -> HttpResponse:
    own = person.municipality_id == clerk.municipality_id
    if not own and looks.reason_given(clerk, person, instant(request)) is None:
        return show_elsewhere(request, clerk, person, Reason())
    looks.at_person(clerk, person, "resident", at=instant(request))
    state, today = services.person_state(clerk, person.pk) if own else PersonState((), ()), _today(request)
    context = {
        "resident": person,
        "about": person.name,
        "own": own,
        "oneself": guards.is_oneself(clerk, person),
        "may": guards.allowed(clerk, person),
        "next_step": _next_step(request, person, state),
        "person": wording.person_rows(person),
        "card": wording.card_rows(state, today),
        "columns": wording.certificate_columns(),
        "rows": wording.certificate_cells(state.certificates, today),
        "has_card": has_card(state),
        "card_is_valid": has_valid_card(state, today),
        "reported_lost": state.reported_lost,
        "releasable": _is_held(request, state),
        "revocable": bool(_revocable(request, state)),
        "refusals": () if own else wording.refusals((ELSEWHERE,)),
        "open_application": queries.open_application(clerk, person),
        "application_columns": wording.columns_of_one_applicant(),
        "applications": wording.cells_of_one_applicant(queries.applications_of(clerk, person)),
    }
    return render(request, "counter/resident.html", context)


def _next_step(request: HttpRequest, person: Resident, state: PersonState) -> str:
    """The one act that the page puts forward: what is missing comes before what can be asked for."""
    if state.reported_lost:
        return "report_loss"
    if _is_held(request, state):
        return "release"
    if person.card_outdated and has_valid_card(state, _today(request)):
        return "update_card"
    return "application"


def show_elsewhere(request: HttpRequest, clerk: Clerk, person: Resident, form: Reason) -> HttpResponse:
    """What any clerk may see of another municipality's resident, and the question why more is needed."""
    looks.at_name(clerk, person, at=instant(request))
    refill(request, form)
    context = {
        "page_url": reverse("counter:resident", args=[person.public_id]),
        "resident": person,
        "about": person.name,
        "form": form,
        "person": wording.elsewhere_rows(person),
        "refusals": wording.refusals((ELSEWHERE,)),
    }
    return render(request, "counter/resident_elsewhere.html", context)


def _today(request: HttpRequest) -> date:
    return day_in_japan(instant(request))


def _authentication(request: HttpRequest, state: PersonState) -> Status | None:
    """How the person's authentication certificate stands today, if there is one that has not lapsed."""
    present = standing(state, _today(request)).get(Purpose.USER_AUTHENTICATION)
    return status_of(present, _today(request)) if present else None


def _is_held(request: HttpRequest, state: PersonState) -> bool:
    return _authentication(request, state) is Status.HELD


def _revocable(request: HttpRequest, state: PersonState) -> list[Purpose]:
    present = standing(state, _today(request))
    return [purpose for purpose in Purpose if purpose in present]


@sensitive_post_parameters()
@for_clerks
def release(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """The card was found: ask once more, then let the certificate have effect again."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.RELEASE)
    state = services.person_state(clerk, person.pk)
    own = next((card.card_number for card in state.cards), "")
    data = (request.POST,) if request.method == "POST" else ()
    form = FoundCard(card_reader.cards_in(settings.HONNIN_CARDS), own, *data)
    if (
        request.method == "POST" and _authentication(request, state) is Status.GOOD
    ):  # a second click: the work is done
        messages.info(request, _("The certificate is valid already. Nothing was changed."))
        return redirect("counter:resident", public_id)
    if not _is_held(request, state):
        refused = Refused(Refusal("E_HOLD_NOT_RELEASABLE", ("S4-9b",)))
        if request.method != "POST":
            raise refused
        failures.note(request, refused)  # it was when the page was drawn: the person's page says what is now
        return error_on_page(request, refused, _show(request, clerk, person))
    if request.method == "POST" and form.is_valid():
        try:
            _release(request, person, form, clerk)
        except CardError as error:
            return _show_release(request, clerk, person, form, error)
        messages.success(request, _("The hold was released. The certificate is valid again."))
        return redirect("counter:resident", public_id)
    return _show_release(request, clerk, person, form)


def _release(request: HttpRequest, person: Resident, form: FoundCard, clerk: Clerk) -> None:
    with card_reader.inserted(settings.HONNIN_CARDS, form.cleaned_data["card"]) as transport:
        services.release(
            person,
            Purpose.USER_AUTHENTICATION,
            transport,
            form.cleaned_data["pin"],
            use_last_try=form.cleaned_data["use_last_try"],
            clerk=clerk,
            at=instant(request),
        )


def _show_release(
    request: HttpRequest, clerk: Clerk, person: Resident, form: FoundCard, error: CardError | None = None
) -> HttpResponse:
    """The page, with what the card said where it did not sign, and the way on from there."""
    refill(request, form)
    require_another_card(request, form)
    if error:
        failures.note(request, error)
    state = services.person_state(clerk, person.pk)
    noted, said = failures.noted_failure(request), failures.error_texts(request)
    code = noted.code if noted else ""
    if no_more_tries := code in ("E_PIN_LOCKED", "E_PIN_LAST_TRY"):  # what to do then, the page says itself
        said = tuple(replace(each, remedy="", contact="") for each in said)
    context = {
        "resident": person,
        "about": person.name,
        "person": wording.person_rows(person),
        "form": form,
        "failure": said,
        "failures": (),
        "last_try": code == "E_PIN_LAST_TRY",
        "no_more_tries": no_more_tries,
        "reported_lost": state.reported_lost,
        "signature_revoked": becomes.signature_is_revoked(state, _today(request)),
        "open_application": queries.open_application(clerk, person) if no_more_tries else None,
    }
    if not no_more_tries:  # the holder types here; then the clerk goes on
        context |= TURNED_ROUND
    return render(request, "counter/release.html", context, status=HTTP_STATUS[error.kind] if error else 200)


@for_clerks
def report_loss(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """The holder, who had telephoned, reports the loss here too, or that the card was found."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.REPORT_LOSS)
    if request.method == "POST":
        if services.report_loss(person, clerk=clerk, at=instant(request)):
            messages.success(request, _("The report of loss was recorded, and the hotline was told."))
        else:
            messages.info(request, _("No loss was waiting for this report. Nothing was changed."))
    then = request.POST.get("then")
    return redirect(f"counter:{then}" if then in _AFTER_A_LOSS else "counter:resident", public_id)


@for_clerks
def revoke(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What the holder wants to have revoked, and why. Nothing happens here yet."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.REVOKE)
    purposes = _revocable(request, services.person_state(clerk, person.pk))
    form = Revocation(purposes, *((request.POST,) if request.method == "POST" else ()))
    if form.is_bound and form.is_valid():
        return redirect(
            "counter:confirm_revocation", public_id, form.ground_chosen(), "+".join(form.chosen())
        )
    refill(request, form)
    context = {
        "resident": person,
        "about": person.name,
        "person": wording.person_rows(person),
        "form": form,
        "any": bool(purposes),
    }
    return render(request, "counter/revoke.html", context)


@for_clerks
def confirm_revocation(
    request: HttpRequest, clerk: Clerk, public_id: str, ground: str, purposes: str
) -> HttpResponse:
    """Say once more what will be revoked for good, then do it."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.REVOKE)
    state = services.person_state(clerk, person.pk)
    form = Revocation(tuple(Purpose), {"ground": ground, "purposes": purposes.split("+")})
    if not form.is_valid():
        return redirect("counter:revoke", public_id)
    ended = set(_revocable(request, state)) & set(form.chosen())
    if request.method != "POST" and not ended:  # nothing that could be confirmed
        return redirect("counter:revoke", public_id)
    if request.method == "POST":
        after = services.revoke(person, form.ground_chosen(), form.chosen(), clerk=clerk, at=instant(request))
        if after is not None:
            messages.success(request, becomes.told(state, after, _today(request)))
        else:
            messages.info(request, _("There was no certificate left to revoke. Nothing was changed."))
        return redirect("counter:resident", public_id)
    context = {
        "resident": person,
        "about": person.name,
        "rows": [
            *wording.person_rows(person)[:3],
            {"label": _("Reason for the revocation"), "value": wording.GROUND[form.ground_chosen()]},
            *becomes.certificate_rows(state, form.chosen(), form.chosen(), _today(request)),
        ],
    }
    return render(request, "counter/confirm_revocation.html", context)
