"""Work on a card that was handed out: one page for each, with the card on the reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.desk import clock, for_clerks, looked_at_resident
from honnin.municipality.counter.applications.views.receiving import foreseen
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.forms import CardOnReader, require_another_card
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.cards.wording import card_rows
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.card_work import services
from honnin.municipality.counter.procedures.card_work.forms import CardGivenBack
from honnin.municipality.counter.procedures.card_work.services import against_update
from honnin.municipality.counter.wording import person_rows
from honnin.municipality.residents.models import Resident

Words = str | Promise


@dataclass(frozen=True)
class Page:
    """One kind of work as a clerk sees it."""

    kind: CounterAct
    act: Callable[..., int]
    title: Words
    caution: Words
    explanation: Words
    button: Words
    done: Words
    for_good: bool = False


PAGES = {
    "update": Page(
        CounterAct.UPDATE_CARD,
        services.update,
        gettext_lazy("Update the name and address on the card"),
        gettext_lazy("Only the chip is updated"),
        gettext_lazy(
            "The name and address on the chip become those in the register, in text and pictures. "
            "Codes, PINs and certificates stay as they are. Write the change by hand in the "
            "additional field on the face of the card."
        ),
        gettext_lazy("Update the card"),
        gettext_lazy("The card was updated: it says what the register says."),
    ),
    "clear": Page(
        CounterAct.CLEAR_CARD,
        services.clear,
        gettext_lazy("Remove lapsed certificates from the card"),
        gettext_lazy("Only lapsed certificates are removed"),
        gettext_lazy(
            "Keys and certificates that were revoked or have expired are removed. The PINs stay as they are."
        ),
        gettext_lazy("Remove them"),
        gettext_lazy("The lapsed certificates were removed from the card."),
    ),
    "end": Page(
        CounterAct.TAKE_CARD_BACK,
        services.take_back,
        gettext_lazy("Take the card back"),
        gettext_lazy("This ends the card for good"),
        gettext_lazy(
            "The holder gives the card back. A certificate on it that is valid or on hold is revoked, and "
            "nothing on it can be used any more."
        ),
        gettext_lazy("End the card for good"),
        gettext_lazy("The card was ended, and nothing on it can be used any more."),
        for_good=True,
    ),
}


@for_clerks
def work(request: HttpRequest, clerk: Clerk, public_id: str, name: str) -> HttpResponse:
    """Choose the card on the reader, and do it. Doing it again finishes what a cut left."""
    page = PAGES.get(name)
    if page is None:
        raise Http404
    person = looked_at_resident(request, clerk, public_id, page.kind)
    state = person_state(clerk, person.pk)
    newest = next((card.card_number for card in state.cards), "")
    data = (request.POST,) if request.method == "POST" else ()
    fields = CardGivenBack if page.for_good else CardOnReader
    form = fields(readers.choices(), newest, *data)
    if request.method == "POST" and form.is_valid():
        if _do(request, page, person, form.cleaned_data, clerk):
            messages.success(request, str(page.done))
        else:
            messages.info(request, _("Nothing needed to be done. The card was not changed."))
        return redirect("counter:resident", public_id)
    refill(request, form)
    require_another_card(request, form)
    updates = page.kind is CounterAct.UPDATE_CARD
    against = against_update(person, clerk=clerk, at=instant(request)) if updates else ()
    ends_both = page.for_good and standing(state, day_in_japan(instant(request)))
    context = {
        "page": page,
        "caution": _("This ends the card and its certificates for good") if ends_both else page.caution,
        "resident": person,
        "about": person.name,
        **foreseen(request, clerk, person, against),
        "person": person_rows(person),
        "card": card_rows(state, day_in_japan(instant(request))),
        "form": form,
    }
    return render(request, "counter/card_work.html", context)


def _do(request: HttpRequest, page: Page, person: Resident, entered: Mapping[str, Any], clerk: Clerk) -> int:
    """How much was done; a card that cannot be read ends in the records alone."""
    if entered.get("unreadable"):
        return services.take_back_unreadable(person, clerk=clerk, at=instant(request))
    with readers.inserted(entered["card"]) as transport:
        return page.act(person, transport, clerk=clerk, clock=clock())
