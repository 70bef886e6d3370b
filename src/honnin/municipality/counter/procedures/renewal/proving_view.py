"""The page on which the holder enters PINs while the application is examined.

A PIN passes through on its way to the card: it is not kept, not shown again and not logged.
"""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Conflict, HonninError, NotAllowed
from honnin.law.cards.pins import PinKind
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal_pins import PinProof, unasked
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, wording
from honnin.municipality.counter.applications.desk import TURNED_ROUND, for_clerks, looked_at_application
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import against_next_step
from honnin.municipality.counter.applications.views.application import overtaken
from honnin.municipality.counter.applications.views.card_and_pins import (
    failed_with,
    failure_of,
    keep_failure,
    own_card,
)
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.wording import PIN, card_rows
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.facts import by_form, proofs_of
from honnin.municipality.counter.procedures.renewal.forms import PinsToProve
from honnin.municipality.counter.procedures.renewal.proving import (
    OF_ACCEPTANCE,
    CardAndTyped,
    is_of_pin,
)
from honnin.municipality.counter.procedures.renewal.proving import prove_pins as prove
from honnin.municipality.counter.wording import refusals


@sensitive_post_parameters()
@for_clerks
def prove_pins(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Have the PINs proved to the card, or noted as not known; then back to the decision."""
    found = looked_at_application(request, clerk, number, "prove_pins")
    try:
        guards.require(clerk, CounterAct.PROVE_PINS, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    wanted = () if by_form(found) else unasked(purposes_of(found), proofs_of(found))
    if not wanted:  # a second click, or a proxy: the decision is what is next
        return redirect("counter:application", found.number)
    state, code = person_state(clerk, found.resident_id), failed_with(request, found)
    first = next((kind for kind in wanted if is_of_pin(code)), None)
    form = PinsToProve(
        wanted,
        readers.choices(),
        own_card(found, state),
        *((request.POST,) if request.method == "POST" else ()),
        last_try=_last_try(request, code, first),
        not_known=request.GET.getlist("not_known"),
    )
    if request.method == "POST" and form.is_valid():
        return _prove(request, clerk, found, form)
    refill(request, form)
    standing = against_next_step(found, clerk=clerk, at=instant(request))
    against = refusals(each for each in standing if each.code != OF_ACCEPTANCE)
    name = str(PIN[first]) if first else ""
    failure = tuple(each for each in failure_of(request, found, form) if each not in against)
    context = {
        "application": found,
        "about": found.resident.name,
        "citizen": wording.citizen_rows(found),
        "form": form,
        "pins": form.pin_fields(),
        "against": against,
        "rejectable": True,
        "failure": failure,
        "failure_title": _("This PIN was not confirmed: %(pin)s") % {"pin": name}
        if name
        else _("The PINs were not confirmed"),
        "failure_text": _("What was confirmed before stays confirmed."),
        "failures": (),
        "card": card_rows(state, day_in_japan(instant(request))),
        "steps": wording.steps(wording.EXAMINATION),
    }
    return render(request, "counter/prove_pins.html", {**context, **TURNED_ROUND})


def _last_try(request: HttpRequest, code: str, first: PinKind | None) -> Sequence[PinKind]:
    """The PINs whose last try the page offers to use."""
    offered = [first] if code == "E_PIN_LAST_TRY" and first else []
    return offered or [kind for kind in PinKind if f"{kind}_last_try" in request.POST]


def _prove(request: HttpRequest, clerk: Clerk, found: Application, form: PinsToProve) -> HttpResponse:
    not_known, known = form.not_known(), form.known_pins()
    try:
        if known:
            with readers.inserted(form.cleaned_data["card"]) as transport:
                typed = CardAndTyped(transport, known, last_tries=form.last_tries())
                prove(found, typed, not_known, clerk=clerk, at=instant(request))
        else:
            prove(found, None, not_known, clerk=clerk, at=instant(request))
    except NotAllowed:
        raise
    except HonninError as error:
        keep_failure(request, found, error, begun=False)
        return redirect("counter:prove_pins", found.number)
    proofs = proofs_of(queries.application(clerk, found.number)).values()
    if PinProof.BLOCKED in proofs:
        messages.info(request, _("A PIN is blocked. It is set anew once the application is accepted."))
    elif PinProof.NOT_KNOWN in proofs:
        messages.success(request, _("PINs that are not known are set anew once the application is accepted."))
    else:
        messages.success(request, _("The PINs were confirmed."))
    return redirect("counter:application", found.number)
