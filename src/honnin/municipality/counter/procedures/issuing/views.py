"""The card, the PINs, issuing, the receipt.

The PINs pass through on their way to the card: they are not kept, not shown again and not logged. A cut in
the middle leaves what was done standing, says so, and the same page finishes the rest.
"""

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Conflict, HonninError, NotAllowed
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import registration_refusals
from honnin.law.terms import Purpose
from honnin.law.wording import ErrorText
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import prospects, queries, services, wording
from honnin.municipality.counter.applications.desk import (
    TURNED_ROUND,
    clock,
    for_clerks,
    looked_at_application,
    only_post,
)
from honnin.municipality.counter.applications.facts import PIN_KIND, brought_by
from honnin.municipality.counter.applications.models import Application, ApplicationState, Clerk
from honnin.municipality.counter.applications.views.application import overtaken, ways_to_end
from honnin.municipality.counter.cards import reader as card_reader
from honnin.municipality.counter.cards.forms import WRONG_CARD, CardAndPins
from honnin.municipality.residents.queries import registration_of
from honnin.wire.messages.certificates import PersonState

_WITH_RECEIPT = frozenset({ApplicationState.ISSUED, ApplicationState.HANDED_OVER})


@sensitive_post_parameters()
@for_clerks
def issue(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Choose the card, let the applicant type the PINs, issue."""
    found = looked_at_application(request, clerk, number, "issue")
    if found.state == ApplicationState.ISSUED:  # a second click: the work is done
        return redirect("counter:receipt", found.number)
    try:
        guards.require(clerk, CounterAct.ISSUE, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    state = services.person_state(clerk, found.resident_id)
    cards = card_reader.cards_in(settings.HONNIN_CARDS)
    data = (request.POST,) if request.method == "POST" else ()
    kinds = [PIN_KIND[purpose] for purpose in services.wanted(found)]
    form = CardAndPins(kinds, cards, own_card(found, state), *data)
    if request.method == "POST" and form.is_valid():
        return _issue(request, clerk, found, form)
    begun = bool(brought_by(found, state)) or was_begun(request, found)
    more: dict[str, object] = {
        "begun": begun,
        "standing": _standing(found, state) if begun else (),
        "standing_columns": [_("Certificate"), _("Serial number"), _("Issued"), _("On the card")],
        "button": _("Try again") if begun or failure_place(found) in request.session else _("Set and issue"),
        "after_a_cut": _(
            "What was done until then stays done. Remove the cause, let the applicant enter the PINs "
            "again and choose “Try again”: it continues from here, and nothing is done twice."
        ),
    }
    return card_and_pins(request, clerk, found, form, state=state, more=more)


def card_and_pins(
    request: HttpRequest,
    clerk: Clerk,
    found: Application,
    form: CardAndPins,
    *,
    state: PersonState,
    more: dict[str, object],
) -> HttpResponse:
    """The page on which the holder types PINs, with what was cut off before, if anything was; where that
    would be refused, why. `more`: the words of the work, and whether it was `begun`.
    """
    refill(request, form)
    against = wording.refusals(prospects.against_next_step(found, clerk=clerk, at=instant(request)))
    failure = tuple(each for each in _told_failure(request, found, form) if each not in against)
    step = wording.WRITING if failure and not found.resets_pins else wording.CARD_AND_PINS
    context = {
        "application": found,
        "about": found.resident.name,
        "citizen": wording.citizen_rows(found),
        "form": form,
        "failure": failure,
        "failures": (),
        "against": against,
        "card": wording.card_rows(state, day_in_japan(instant(request))),
        "pins": form.fieldsets(),
        "steps": wording.steps(step, resets_pins=found.resets_pins),
    }
    return render(request, "counter/card_and_pins.html", {**context, **more, **TURNED_ROUND})


def _issue(request: HttpRequest, clerk: Clerk, found: Application, form: CardAndPins) -> HttpResponse:
    begun = False
    try:
        with card_reader.inserted(settings.HONNIN_CARDS, form.cleaned_data["card"]) as transport:
            begun = True
            pins = {purpose: form.pins()[PIN_KIND[purpose]] for purpose in services.wanted(found)}
            delivery = services.Delivery(transport, pins)
            services.issue(found, delivery, clerk=clerk, clock=clock())
    except NotAllowed:
        raise
    except HonninError as error:
        keep_failure(request, found, error, begun=begun and error.kind != "refused")
        return redirect("counter:issue", found.number)
    messages.success(request, _("The certificates were issued and written to the card."))
    return redirect("counter:receipt", found.number)


def failure_place(found: Application) -> str:
    """Where the session keeps why the work with the card was cut off."""
    return f"issuing-failed-{found.number}"


def keep_failure(request: HttpRequest, found: Application, error: HonninError, *, begun: bool) -> None:
    """For the page that follows: the error, in which nothing is personal, the card that was chosen unless it
    was the wrong one, and whether anything was begun: what is refused is refused before that.
    """
    card = "" if error.code in WRONG_CARD else request.POST.get("card", "")
    request.session[failure_place(found)] = [failures.sealed(error), card]
    if begun:
        request.session[_begun_place(found)] = True


def was_begun(request: HttpRequest, found: Application) -> bool:
    """Whether work that failed in this session had begun."""
    return _begun_place(found) in request.session


def _begun_place(found: Application) -> str:
    return f"issuing-begun-{found.number}"


def _told_failure(request: HttpRequest, found: Application, form: CardAndPins) -> tuple[ErrorText, ...]:
    """Why the work was cut off, in words; told once, and again in another language."""
    kept = request.session.pop(failure_place(found), None)
    error = failures.opened(kept[0]) if kept else None
    if kept and error:
        failures.note(request, error)
        form.initial["card"] = kept[1] or form.initial.get("card") or form.fields["card"].initial
    return failures.error_texts(request)


def own_card(found: Application, state: PersonState) -> str:
    """The card that the work was begun on, else the person's newest."""
    return found.card_number or next((card.card_number for card in state.cards), "")


def _standing(found: Application, state: PersonState) -> list[list[wording.Cell]]:
    """What of this application is done, as the agency has it."""
    rows: list[list[wording.Cell]] = []
    for purpose in services.wanted(found):
        present = brought_by(found, state).get(purpose)
        rows.append(
            [
                {"text": wording.CERTIFICATE[purpose]},
                {"text": str(present.serial_number) if present else "–"},
                _done(present is not None),
                _done(present is not None and present.delivered),
            ]
        )
    return rows


def _done(yes: bool) -> wording.Cell:
    return {"text": _("Done"), "badge": "success"} if yes else {"text": _("Not yet"), "badge": "neutral"}


@for_clerks
def receipt(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The paper for the applicant; the application's page before anything was issued."""
    found = looked_at_application(request, clerk, number, "receipt")
    if found.state not in _WITH_RECEIPT:
        return overtaken(request, clerk, found, Conflict("E_APPLICATION_STATE", state=found.state))
    may_hand_over = guards.may(clerk, CounterAct.HAND_OVER, found)
    against = services.against_hand_over(found, clerk=clerk, at=instant(request)) if may_hand_over else ()
    context = {
        "application": found,
        "about": found.resident.name,
        "rows": _receipt_rows(found),
        "certificates": [
            {
                "name": wording.CERTIFICATE[Purpose(entry["purpose"])],
                "serial_number": entry["serial_number"],
                "valid_until": wording.day(date.fromisoformat(entry["expiry_date"])),
            }
            for entry in found.outcome
        ],
        "signature": any(entry["purpose"] == Purpose.SIGNATURE for entry in found.outcome),
        "may_hand_over": may_hand_over and not against,
        "gone": wording.refusals(registration_refusals(registration_of(found.resident))),
        **ways_to_end(request, clerk, found, against),
        "steps": wording.steps(wording.RECEIPT + (found.state == ApplicationState.HANDED_OVER)),
    }
    return render(request, "counter/receipt.html", context)


def _receipt_rows(found: Application) -> list[wording.Row]:
    place = found.municipality
    rows: list[wording.Row] = [
        {"label": _("Application number"), "value": found.number},
        {"label": _("Name"), "value": found.resident.name},
        {"label": _("Card number"), "value": found.card_number},
        {
            "label": _("Counter that received it"),
            "value": f"{place.prefecture}{place.name} {found.received_by.counter_name}",
        },
    ]
    if found.issued_at is not None:
        rows.append({"label": _("Date of issue"), "value": wording.day(day_in_japan(found.issued_at))})
    return rows


@only_post
def hand_over(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The applicant takes the card and is a holder from here on."""
    services.hand_over(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The card and the receipt were handed over. The work is done."))
    return redirect("counter:receipt", number)


@only_post
def end(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """End an application that cannot be completed any more."""
    services.end(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The application was ended. Certificates that are valid stay valid."))
    return redirect("counter:application", number)
