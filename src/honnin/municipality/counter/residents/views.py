"""The page of a resident: the entry, the card, the certificates, and what the procedures offer."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Refusal
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, wording
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.wording import card_rows, certificate_cells, certificate_columns
from honnin.municipality.counter.declaration import Notice, Offer, Person, Place, registered
from honnin.municipality.counter.guards import looks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.residents.forms import Reason
from honnin.municipality.counter.residents.wording import history_cells, history_columns
from honnin.municipality.counter.wording import elsewhere_rows, person_rows, refusals
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import history_of, resident_of
from honnin.wire.messages.certificates import PersonState

ELSEWHERE = Refusal("E_OFFICE_WRONG", ("S4-3.1",))


@for_clerks
def resident(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """One resident: the card, the certificates, and what can be asked for.

    Of another municipality's resident name and municipality, until the clerk has said why more is needed.
    """
    return show_resident(request, clerk, resident_of(public_id))


def show_resident(request: HttpRequest, clerk: Clerk, person: Resident) -> HttpResponse:
    own = person.municipality_id == clerk.municipality_id
    if not own and looks.reason_given(clerk, person, instant(request)) is None:
        return show_elsewhere(request, clerk, person, Reason())
    looks.at_person(clerk, person, "resident", at=instant(request))
    state, on = person_state(clerk, person.pk) if own else PersonState((), ()), today(request)
    underway = queries.open_application(clerk, person)
    number = underway.number if underway else ""
    shown = Person(person, state, on, guards.allowed(clerk, person), number)
    notices, offers = _offered(request, shown, own)
    context = {
        "resident": person,
        "about": person.name,
        "own": own,
        "oneself": guards.is_oneself(clerk, person),
        "notices": notices,
        "offers": offers,
        "person": person_rows(person),
        "card": card_rows(state, on),
        "columns": certificate_columns(),
        "rows": certificate_cells(state.certificates, on),
        "refusals": () if own else refusals((ELSEWHERE,)),
        "application_columns": wording.columns_of_one_applicant(),
        "history_columns": history_columns(),
        "history": history_cells(history_of(person)) if own else (),
        "applications": wording.cells_of_one_applicant(queries.applications_of(clerk, person)),
    }
    return render(request, "counter/resident.html", context)


def _offered(
    request: HttpRequest, person: Person, own: bool
) -> tuple[list[SafeString], dict[str, list[dict[str, object]]]]:
    """What the procedures say first, drawn, and their buttons by place: the most urgent one is put forward,
    what is missing before what can be asked for.
    """
    found = [each for procedure in registered() for each in procedure.offers(person)]
    if person.underway:
        url = reverse("counter:application", args=[person.underway])
        found.append(Offer(Place.REGISTER, _("Continue the open application"), url, urgency=1))
    most = max((each.urgency for each in found), default=0)
    notices = [
        render_to_string(each.template, {**each.context, "forward": each.urgency == most}, request)
        for each in found
        if isinstance(each, Notice) and own
    ]
    places: dict[str, list[dict[str, object]]] = {place.value: [] for place in Place}
    for each in found:
        if isinstance(each, Offer) and each.url:
            forward = 0 < most == each.urgency
            places[each.place].append({"label": each.label, "url": each.url, "forward": forward})
    return notices, places


def show_elsewhere(request: HttpRequest, clerk: Clerk, person: Resident, form: Reason) -> HttpResponse:
    """What any clerk may see of another municipality's resident, and the question why more is needed."""
    looks.at_name(clerk, person, at=instant(request))
    refill(request, form)
    context = {
        "page_url": reverse("counter:resident", args=[person.public_id]),
        "resident": person,
        "about": person.name,
        "form": form,
        "person": elsewhere_rows(person),
        "refusals": refusals((ELSEWHERE,)),
    }
    return render(request, "counter/resident_elsewhere.html", context)


def today(request: HttpRequest) -> date:
    """The day of the request in Japan."""
    return day_in_japan(instant(request))
