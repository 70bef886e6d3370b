"""Moving in: what is typed, once more what it ends, the record; then the application that may follow."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Refused
from honnin.identifiers import PersonCode
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.prospects import receivable
from honnin.municipality.counter.cards.standing import has_valid_card, standing
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.moving_in import services
from honnin.municipality.counter.procedures.moving_in.forms import MovingIn
from honnin.municipality.counter.residents.moves import CONFIRMED
from honnin.municipality.counter.residents.notices import ended_by, outcome_rows
from honnin.municipality.counter.residents.wording import CONTENT
from honnin.municipality.counter.wording import SEX, Row, day
from honnin.municipality.residents.models import Resident


@for_clerks
def move_in(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """A notice of moving in: who, from where, to where; then once more what it ends, then the entry."""
    data = (request.POST,) if request.method == "POST" else ()
    if request.method == "POST" and (entered := _entered_already(request, clerk)):
        return _already(request, entered)
    form = MovingIn(clerk.municipality, day_in_japan(instant(request)), *data)
    confirming = request.method == "POST" and form.is_valid()
    if confirming:
        services.require(clerk, form.newcomer())
    if confirming and CONFIRMED in request.POST:
        return _move_in_once(request, clerk, form)
    if confirming:
        services.note_look(clerk, form.newcomer(), at=instant(request))
    if not confirming:
        refill(request, form)
    page = {
        "title": _("Moving in"),
        "button": _("Record moving in"),
        "intro": _("Card and certificates go on; only what names the former address ends"),
    }
    context = {"page": page, "form": form, **(_to_confirm(request, clerk, form) if confirming else {})}
    return render(request, "counter/notice.html", context)


def _entered_already(request: HttpRequest, clerk: Clerk) -> Resident | None:
    """Who stands here with this code and this address: what is sent again finds the work done."""
    code, address = PersonCode.parse(request.POST.get("person_code", "")), request.POST.get("address", "")
    own = Resident.objects.filter(municipality=clerk.municipality_id, removed_on=None)
    return own.filter(pk=code, address=address.strip()).first() if code else None


def _already(request: HttpRequest, entered: Resident) -> HttpResponse:
    messages.info(request, _("Moving in was recorded already. Nothing was changed."))
    return redirect("counter:resident", entered.public_id)


def _move_in_once(request: HttpRequest, clerk: Clerk, form: MovingIn) -> HttpResponse:
    """The act; who was overtaken by a second click finds the work done."""
    try:
        return _move_in(request, clerk, form)
    except Refused:
        if entered := _entered_already(request, clerk):
            return _already(request, entered)
        raise


def _move_in(request: HttpRequest, clerk: Clerk, form: MovingIn) -> HttpResponse:
    now, newcomer = instant(request), form.newcomer()
    today, before = day_in_japan(now), person_state(clerk, newcomer.person_code)
    entry, after = services.move_in(newcomer, clerk=clerk, at=now)
    after = after or before
    anew = receivable(entry, after, clerk, today)
    recorded = _("Moving in was recorded.")
    became = outcomes.after_act(before, after, today, receivable=anew)
    application = outcomes.application_with_the_notice(after, today, anew)
    sentences = outcomes.sentences(recorded, became, application)
    messages.success(request, sentences)
    return redirect("counter:resident", entry.public_id)


def _to_confirm(request: HttpRequest, clerk: Clerk, form: MovingIn) -> dict[str, object]:
    """What will be recorded, and what becomes of card and certificates as they stand now."""
    today, newcomer = day_in_japan(instant(request)), form.newcomer()
    state, happenings = person_state(clerk, newcomer.person_code), form.happenings()
    ended = ended_by(state, happenings, today)
    rows: list[Row] = [
        {"label": _("Resident record code"), "value": newcomer.person_code},
        {"label": CONTENT["name"], "value": newcomer.name},
        {"label": CONTENT["kana"], "value": newcomer.kana},
        {"label": CONTENT["birth_date"], "value": day(newcomer.birth_date)},
        {"label": CONTENT["sex"], "value": SEX[newcomer.sex]},
        {"label": _("Former address"), "value": newcomer.origin},
        {"label": _("Day of the move on the certificate of moving out"), "value": day(newcomer.left_on)},
        {"label": _("New address"), "value": newcomer.address},
        {"label": _("Day of moving in"), "value": day(newcomer.moved_in_on)},
    ]
    if form.is_late():
        late = _("The notice, or showing the card, comes too late: the card ends, with its certificates")
        rows.append({"label": _("Notice"), "value": late})
    return {
        "rows": [*rows, *outcome_rows(state, happenings, today)],
        "ends": bool(set(standing(state, today)) & ended)
        or (form.is_late() and has_valid_card(state, today)),
    }
