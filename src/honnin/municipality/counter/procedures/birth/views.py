"""A birth: what is typed, once more what will be entered, the record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import Conflict, Refused
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.birth import services
from honnin.municipality.counter.procedures.birth.forms import Birth
from honnin.municipality.counter.residents.moves import CONFIRMED
from honnin.municipality.counter.residents.wording import CONTENT
from honnin.municipality.counter.wording import SEX, Row, day, person_rows
from honnin.municipality.residents.changes import Newborn, born_already
from honnin.municipality.residents.models import Resident


@for_clerks
def record_birth(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A notice of birth: the child, then once more what will be entered, then the entry."""
    parent = looked_at_resident(request, clerk, public_id, CounterAct.RECORD_BIRTH)
    data = (request.POST,) if request.method == "POST" else ()
    form = Birth(parent, day_in_japan(instant(request)), *data)
    confirming = request.method == "POST" and form.is_valid()
    if CONFIRMED in request.POST and (recorded := _recorded(request, clerk, parent, form)):
        return recorded
    if not confirming:
        refill(request, form)
    page = {
        "title": _("Birth"),
        "button": _("Record the birth"),
        "intro": _("The child is entered at the address of this person, in the same household"),
    }
    context = {
        "resident": parent,
        "about": parent.name,
        "page": page,
        "person": person_rows(parent),
        "form": form,
        **({"rows": _rows(parent, form.child())} if confirming else {}),
    }
    return render(request, "counter/notice.html", context)


def _recorded(request: HttpRequest, clerk: Clerk, parent: Resident, form: Birth) -> HttpResponse | None:
    """The act; who sends it twice, or was overtaken by a colleague, finds the work done. None where there is
    something to put right.
    """
    if form.newborn is None:
        return None
    try:
        if form.is_valid():
            child = services.record_birth(parent, form.newborn, clerk=clerk, at=instant(request))
            messages.success(request, _("The birth was recorded, under a new resident record code."))
            return redirect("counter:resident", child.public_id)
    except (Conflict, Refused) as error:
        if error.code != "E_BIRTH_RECORDED":
            raise
    there = born_already(parent, form.newborn)
    if there is None:
        return None
    messages.info(request, _("This birth was recorded already. Nothing was changed."))
    return redirect("counter:resident", there.public_id)


def _rows(parent: Resident, child: Newborn) -> list[Row]:
    rows: list[Row] = [
        {"label": CONTENT["name"], "value": child.name},
        {"label": CONTENT["kana"], "value": child.kana},
        {"label": CONTENT["birth_date"], "value": day(child.birth_date)},
        {"label": CONTENT["sex"], "value": SEX[child.sex]},
        {"label": CONTENT["address"], "value": parent.address},
        {"label": CONTENT["household"], "value": parent.household or "–"},
        {"label": CONTENT["relationship"], "value": child.relationship or "–"},
        {"label": _("Resident record code"), "value": _("Is drawn when the birth is recorded")},
    ]
    if child.foreign:
        rows.append({"label": CONTENT["stay_status"], "value": _("Sixty days from the birth")})
    return rows
