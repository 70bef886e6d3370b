"""The loss that was reported by telephone: reported here too, or over, for the card was found."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.console import failures
from honnin.console.entered.typed import refill
from honnin.console.error_pages import HTTP_STATUS, error_on_page
from honnin.console.instants import instant
from honnin.errors import CardError, Refusal, Refused
from honnin.law.certificates.status import Status
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import TURNED_ROUND, for_clerks, looked_at_resident
from honnin.municipality.counter.cards import outcomes, readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.forms import require_another_card
from honnin.municipality.counter.cards.standing import authentication_status, is_held
from honnin.municipality.counter.declaration import kinds, remedies
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.loss import services
from honnin.municipality.counter.procedures.loss.forms import FoundCard
from honnin.municipality.counter.residents.views import show_resident, today
from honnin.municipality.counter.wording import person_rows
from honnin.municipality.residents.models import Resident

NO_MORE_TRIES = frozenset({"E_PIN_LOCKED", "E_PIN_LAST_TRY"})


@sensitive_post_parameters()
@for_clerks
def release(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """The card was found: ask once more, then let the certificate have effect again."""
    person = looked_at_resident(request, clerk, public_id, CounterAct.RELEASE)
    state = person_state(clerk, person.pk)
    own = next((card.card_number for card in state.cards), "")
    data = (request.POST,) if request.method == "POST" else ()
    form = FoundCard(readers.choices(), own, *data)
    if authentication_status(state, today(request)) is Status.GOOD:  # a second click: the work is done
        messages.info(request, _("The certificate is valid already. Nothing was changed."))
        return redirect("counter:resident", public_id)
    if not is_held(state, today(request)):
        refused = Refused(Refusal("E_HOLD_NOT_RELEASABLE", ("S4-9b",)))
        if request.method != "POST":
            raise refused
        failures.note(request, refused)  # it was when the page was drawn: the person's page says what is now
        return error_on_page(request, refused, show_resident(request, clerk, person))
    if request.method == "POST" and form.is_valid():
        try:
            _release(request, person, form, clerk)
        except CardError as error:
            return _show_release(request, clerk, person, form, error)
        messages.success(request, _("The hold was released. The certificate is valid again."))
        return redirect("counter:resident", public_id)
    return _show_release(request, clerk, person, form)


def _release(request: HttpRequest, person: Resident, form: FoundCard, clerk: Clerk) -> None:
    with readers.inserted(form.cleaned_data["card"]) as transport:
        services.release(
            person,
            Purpose.USER_AUTHENTICATION,
            transport,
            form.cleaned_data.pop("pin"),
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
    state = person_state(clerk, person.pk)
    noted, why = failures.noted_failure(request), failures.error_texts(request)
    code = noted.code if noted else ""
    way, last_try = _way_on(clerk, person, code), code == "E_PIN_LAST_TRY"
    if way or last_try:  # what to do then, the page says itself
        why = tuple(replace(each, remedy="", contact="") for each in why)
    context = {
        "resident": person,
        "about": person.name,
        "person": person_rows(person),
        "form": form,
        "failure": why,
        "failures": (),
        "last_try": last_try,
        "way": way,
        "reported_lost": state.reported_lost,
        "signature_revoked": outcomes.signature_is_revoked(state, today(request)),
        "open_application": queries.open_application(clerk, person) if way else None,
    }
    if code not in NO_MORE_TRIES:  # the holder types here; then the clerk goes on
        context |= TURNED_ROUND
    return render(request, "counter/release.html", context, status=HTTP_STATUS[error.kind] if error else 200)


def _way_on(clerk: Clerk, person: Resident, code: str) -> dict[str, object] | None:
    """Where a PIN of which no try is left, or none to spare, is set again; None where nothing does that."""
    fit = (each for each in remedies() if each.page and each.code == code and code in NO_MORE_TRIES)
    found = next((each for each in fit if guards.may(clerk, each.act, person)), None)
    if found is None:
        return None
    url = reverse(f"counter:{found.page}", args=[person.public_id])
    return {"url": url, "label": found.label, "page": found.page}


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
    going_on = then in {kind.form_page for kind in kinds()}
    return redirect(f"counter:{then}" if going_on else "counter:resident", public_id)
