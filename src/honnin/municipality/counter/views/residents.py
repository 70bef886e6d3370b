"""Residents and what became of their certificates: search, status, release, revocation, a new address."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.errors import NotAllowed, Refusal, Refused
from honnin.law.lapse import lapses
from honnin.law.terms import LapseGround, Purpose
from honnin.law.wording import say_refusals
from honnin.municipality.counter import card_reader, queries, services, wording
from honnin.municipality.counter.card_forms import FoundCard
from honnin.municipality.counter.forms import ChangeOfAddress, ResidentSearch, Revocation
from honnin.municipality.counter.models import Clerk
from honnin.municipality.counter.views.desk import clock, for_clerks
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import MOST_HITS, find_residents
from honnin.wire.status import PersonState, ReportLapse

ELSEWHERE = Refusal("E_OFFICE_WRONG", ("S4-3.1",))


@for_clerks
def residents(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """Look somebody up; nobody found is the law's first refusal."""
    form = ResidentSearch(request.GET if "text" in request.GET else None)
    searched = form.is_bound and form.is_valid()
    found = list(find_residents(form.cleaned_data["text"])) if searched else []
    nobody = (queries.NOT_RESIDENT,) if searched and not found else ()
    context = {
        "form": form,
        "found": len(found),
        "cut_short": len(found) >= MOST_HITS,
        "searched": searched,
        "columns": wording.resident_columns(),
        "rows": wording.resident_cells(found),
        "refusals": say_refusals(nobody, wording.language()),
        "steps": wording.steps(wording.APPLICANT),
    }
    return render(request, "counter/residents.html", context)


@for_clerks
def resident(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """One resident: the card, the certificates, and what can be asked for."""
    person = queries.resident_of_code(person_code)
    own = person.municipality_id == clerk.municipality_id
    state = services.person_state(clerk, person_code) if own else PersonState((), ())
    context = {
        "resident": person,
        "own": own,
        "person": wording.person_rows(person),
        "card": wording.card_rows(state),
        "columns": wording.certificate_columns(),
        "rows": wording.certificate_cells(state.certificates, day_in_japan(clock().now())),
        "has_card": bool(state.cards),
        "card_is_valid": any(card.valid for card in state.cards),
        "releasable": _is_held(state),
        "revocable": bool(_revocable(state)),
        "refusals": () if own else say_refusals((ELSEWHERE,), wording.language()),
        "open_application": queries.open_application(clerk, person),
    }
    return render(request, "counter/resident.html", context)


def own_resident(clerk: Clerk, person_code: str) -> Resident:
    """Somebody in this municipality's register. Raises NotAllowed E_OFFICE_WRONG for another's resident."""
    person = queries.resident_of_code(person_code)
    if person.municipality_id != clerk.municipality_id:
        raise NotAllowed(ELSEWHERE.code)
    return person


def _is_held(state: PersonState) -> bool:
    present = wording.effective(state, Purpose.USER_AUTHENTICATION)
    return present is not None and present.status == "held"


def _is_good(state: PersonState) -> bool:
    present = wording.effective(state, Purpose.USER_AUTHENTICATION)
    return present is not None and present.status == "good"


def _revocable(state: PersonState) -> list[Purpose]:
    return [purpose for purpose in Purpose if wording.effective(state, purpose) is not None]


@sensitive_post_parameters()
@for_clerks
def release(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """The card was found: ask once more, then let the certificate have effect again."""
    person = own_resident(clerk, person_code)
    state = services.person_state(clerk, person_code)
    own = next((card.card_number for card in state.cards), "")
    data = (request.POST,) if request.method == "POST" else ()
    form = FoundCard(card_reader.cards_in(settings.HONNIN_CARDS), own, *data)
    if request.method == "POST" and _is_good(state):  # a second click: the work is done
        messages.info(request, _("The certificate has effect. Nothing was changed."))
        return redirect("counter:resident", person_code)
    if request.method == "POST" and form.is_valid():
        with card_reader.inserted(settings.HONNIN_CARDS, form.cleaned_data["card"]) as transport:
            services.release(
                person, Purpose.USER_AUTHENTICATION, transport, form.cleaned_data["pin"], clerk=clerk
            )
        messages.success(request, _("The hold was released. The certificate has effect again."))
        return redirect("counter:resident", person_code)
    if not _is_held(state):
        raise Refused(Refusal("E_HOLD_NOT_RELEASABLE", ("S4-9b",)))
    context = {"resident": person, "person": wording.person_rows(person), "form": form}
    return render(request, "counter/release.html", context)


@for_clerks
def report_loss(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """The holder, who had telephoned, reports the loss here too."""
    person = own_resident(clerk, person_code)
    if request.method == "POST":
        if services.report_loss(person, clerk=clerk):
            messages.success(request, _("The report of loss was recorded, and the hotline was told."))
        else:
            messages.info(request, _("No call was waiting for this report. Nothing was changed."))
    return redirect("counter:resident", person_code)


@for_clerks
def revoke(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """What the holder wants to have revoked, and why. Nothing happens here yet."""
    person = own_resident(clerk, person_code)
    purposes = _revocable(services.person_state(clerk, person_code))
    form = Revocation(purposes, *((request.GET,) if request.GET else ()))
    if form.is_bound and form.is_valid():
        return redirect(
            "counter:confirm_revocation", person_code, form.ground_chosen(), "+".join(form.chosen())
        )
    context = {"resident": person, "person": wording.person_rows(person), "form": form, "any": bool(purposes)}
    return render(request, "counter/revoke.html", context)


@for_clerks
def confirm_revocation(
    request: HttpRequest, clerk: Clerk, person_code: str, ground: str, purposes: str
) -> HttpResponse:
    """Say once more what will be revoked for good, then do it."""
    person = own_resident(clerk, person_code)
    present = _revocable(services.person_state(clerk, person_code))
    form = Revocation(tuple(Purpose), {"ground": ground, "purposes": purposes.split("+")})
    if not form.is_valid():
        return redirect("counter:revoke", person_code)
    if request.method == "POST":
        message = ReportLapse(person_code, form.ground_chosen(), form.chosen())
        services.report_lapse(clerk, message)
        if set(present) & set(form.chosen()):
            messages.success(request, _("The certificates were revoked."))
        else:
            messages.info(request, _("The certificates were revoked already. Nothing was changed."))
        return redirect("counter:resident", person_code)
    context = {
        "resident": person,
        "rows": [
            *wording.person_rows(person)[:3],
            {"label": _("Ground"), "value": wording.GROUND[form.ground_chosen()]},
            *(
                {"label": wording.CERTIFICATE[purpose], "value": _("Will be revoked"), "badge": "error"}
                for purpose in form.chosen()
            ),
        ],
    }
    return render(request, "counter/confirm_revocation.html", context)


@for_clerks
def change_address(request: HttpRequest, clerk: Clerk, person_code: str) -> HttpResponse:
    """A resident has moved within the municipality."""
    person = own_resident(clerk, person_code)
    form = ChangeOfAddress(person, *((request.POST,) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        services.change_address(person, form.cleaned_data["address"], clerk=clerk)
        messages.success(request, _("The new address was recorded."))
        return redirect("counter:resident", person_code)
    ending = wording.effective(services.person_state(clerk, person_code), Purpose.SIGNATURE)
    context = {
        "resident": person,
        "person": wording.person_rows(person),
        "form": form,
        "lapses": ending is not None and lapses(LapseGround.CHANGE_OF_ENTRY, Purpose.SIGNATURE),
    }
    return render(request, "counter/change_address.html", context)
