"""The page on which the card lies on the reader and its holder types PINs, for whatever is done with them.

The PINs pass through on their way to the card: they are not kept, not shown again and not logged. A cut in
the middle leaves what was done standing, says so, and the same page finishes the rest.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import HonninError
from honnin.law.counter.acts import CounterAct
from honnin.law.wording import ErrorText
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.desk import TURNED_ROUND
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import against_next_step
from honnin.municipality.counter.cards.forms import WRONG_CARD, CardAndPins, CardOnReader
from honnin.municipality.counter.cards.wording import card_rows
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import refusals
from honnin.wire.messages.certificates import PersonState


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
    against = refusals(against_next_step(found, clerk=clerk, at=instant(request)))
    failure = tuple(each for each in failure_of(request, found, form) if each not in against)
    step = min(wording.WRITING if failure else wording.CARD_AND_PINS, found.kind.last_step)
    context = {
        "application": found,
        "about": found.resident.name,
        "citizen": wording.citizen_rows(found),
        "form": form,
        "failure": failure,
        "failures": (),
        "against": against,
        "rejectable": found.may_start(CounterAct.REJECT),
        "card": card_rows(state, day_in_japan(instant(request))),
        "pins": form.fieldsets(),
        "steps": wording.steps(step, found.kind.last_step),
    }
    return render(request, "counter/card_and_pins.html", {**context, **more, **TURNED_ROUND})


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


def failed_with(request: HttpRequest, found: Application) -> str:
    """The code of what cut the work off, before `failure_of` tells it; empty where nothing did."""
    kept = request.session.get(failure_place(found))
    error = failures.opened(kept[0]) if kept else None
    return error.code if error else ""


def failure_of(request: HttpRequest, found: Application, form: CardOnReader) -> tuple[ErrorText, ...]:
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
