"""Moving abroad: what is typed, once more what it ends, the record."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Conflict, Refused
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.moving_abroad import services
from honnin.municipality.counter.procedures.moving_abroad.forms import MovingAbroad
from honnin.municipality.counter.residents.notices import NoticePage, after_notice, notice
from honnin.municipality.counter.wording import Row, day, person_rows
from honnin.municipality.residents.models import Departure, Resident
from honnin.municipality.residents.queries import entry_of
from honnin.wire.messages.certificates import PersonState


def _rows(person: Resident, form: MovingAbroad) -> list[Row]:
    entered = form.cleaned_data
    rows: list[Row] = [
        *person_rows(person)[:3],
        {"label": _("Country, and address there if it is known"), "value": entered["destination"]},
        {"label": _("Planned day of the move"), "value": day(entered["moved_on"])},
    ]
    if entered["moved_on"] > form.on:
        ending = _("On the planned day, by itself: the entry is removed, and card and certificates end.")
        if entered["keeps_card"]:
            ending = _(
                "On the planned day, by itself: the entry is removed, and the signature certificate ends."
            )
            rows.append({"label": _("Card"), "value": _("Goes on abroad (continued use)")})
        rows.append({"label": _("Ends"), "value": ending})
    return rows


def _record(person: Resident, form: MovingAbroad, clerk: Clerk, at: datetime) -> PersonState | None:
    entered = form.cleaned_data
    return services.move_abroad(
        person,
        entered["destination"],
        entered["moved_on"],
        keeps_card=entered["keeps_card"],
        clerk=clerk,
        at=at,
    )


PAGE = NoticePage(
    act=CounterAct.MOVE_ABROAD,
    title=gettext_lazy("Moving abroad"),
    button=gettext_lazy("Record moving abroad"),
    recorded=gettext_lazy("Moving abroad was recorded."),
    form=MovingAbroad,
    rows=_rows,
    record=_record,
    leaves=lambda form: form.cleaned_data["moved_on"] <= form.on,
    intro=gettext_lazy(
        "On the planned day the entry is removed, and card and certificates end unless they go on abroad"
    ),
    later=gettext_lazy("Until the planned day card and certificates stay as they are"),
)


@for_clerks
def move_abroad(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A notice of moving abroad: the country and the day, then once more what it ends, then the record."""
    try:
        return notice(request, clerk, public_id, PAGE)
    except (Refused, Conflict):  # a second click, or a colleague in between: the work is done
        person = entry_of(public_id) if request.method == "POST" else None
        if person is None or not _is_recorded(person):
            raise
    guards.require(clerk, CounterAct.MOVE_ABROAD, person)
    messages.info(request, _("Moving abroad was recorded already. Nothing was changed."))
    return after_notice(clerk, person, leaves=person.removed_on is not None)


def _is_recorded(person: Resident) -> bool:
    return Departure.objects.filter(resident=person, abroad=True, completed_on=None).exists()
