"""A change of an entry: what is typed, once more what it ends, the record."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.change_entry import services
from honnin.municipality.counter.procedures.change_entry.forms import ChangeOfEntry
from honnin.municipality.counter.procedures.change_entry.wording import change_rows
from honnin.municipality.counter.residents.notices import NoticePage, notice
from honnin.municipality.counter.wording import Row
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def _rows(person: Resident, form: ChangeOfEntry) -> list[Row]:
    return change_rows(person, form.changed())


def _record(person: Resident, form: ChangeOfEntry, clerk: Clerk, at: datetime) -> PersonState | None:
    return services.change_entry(person, form.changed(), clerk=clerk, at=at)


PAGE = NoticePage(
    act=CounterAct.CHANGE_ENTRY,
    title=gettext_lazy("Change of the entry"),
    button=gettext_lazy("Record the change"),
    recorded=gettext_lazy("The change was recorded."),
    form=ChangeOfEntry,
    rows=_rows,
    record=_record,
    sent_again=ChangeOfEntry.is_sent_again,
    already=gettext_lazy("This change was recorded already. Nothing was changed."),
    intro=gettext_lazy("Type over what is to stand otherwise, and leave the rest as it is"),
)


@for_clerks
def change_entry(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """A marriage, a request or a correction: what changes, then once more what it ends, then the record."""
    return notice(request, clerk, public_id, PAGE)
