"""A death or another removal: what is typed, once more what it ends, the record."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.removal import services
from honnin.municipality.counter.procedures.removal.forms import REASON, Removal
from honnin.municipality.counter.residents.notices import NoticePage, after_notice, notice
from honnin.municipality.counter.wording import Row, day, person_rows
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import entry_of, registration_of
from honnin.wire.messages.certificates import PersonState


def _rows(person: Resident, form: Removal) -> list[Row]:
    return [
        *person_rows(person)[:3],
        {"label": _("Why the entry is removed"), "value": REASON[form.notice()]},
        {"label": _("Day of the death or removal"), "value": day(form.cleaned_data["removed_on"])},
    ]


def _record(person: Resident, form: Removal, clerk: Clerk, at: datetime) -> PersonState | None:
    on = form.cleaned_data["removed_on"]
    return services.remove_entry(person, on, form.notice(), clerk=clerk, at=at)


PAGE = NoticePage(
    act=CounterAct.REMOVE_ENTRY,
    title=gettext_lazy("Death or removal"),
    button=gettext_lazy("Remove the entry"),
    recorded=gettext_lazy("The removal was recorded. The person is no longer in this register."),
    form=Removal,
    rows=_rows,
    record=_record,
    leaves=lambda _form: True,
    also_abroad=True,
    intro=gettext_lazy("Card and certificates end at once with the entry"),
)


@for_clerks
def remove_entry(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A notice of death, or a removal ex officio: the day, then once more what it ends, then the removal."""
    try:
        return notice(request, clerk, public_id, PAGE)
    except Refused:  # a second click, or a colleague in between: the work is done
        person = entry_of(public_id) if request.method == "POST" else None
        if person is None or registration_of(person) is not Registration.REMOVED:
            raise
    guards.require(clerk, CounterAct.REMOVE_ENTRY, person)
    messages.info(request, _("The removal was recorded already. Nothing was changed."))
    return after_notice(clerk, person, leaves=True)
