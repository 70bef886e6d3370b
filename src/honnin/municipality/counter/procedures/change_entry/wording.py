"""The words for notices that change an entry, and what is confirmed of one."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.certificates.lapse import EntryChange
from honnin.law.counter.notices import ITEMS
from honnin.municipality.counter.residents.wording import CONTENT, NOTICE, value_words
from honnin.municipality.counter.wording import Row, day, person_rows
from honnin.municipality.residents.changes import EntryChanged
from honnin.municipality.residents.models import Resident

KIND = {notice.value: NOTICE[notice] for notice in ITEMS}
WRITING = {
    EntryChange.STANDARD_CHARACTER: gettext_lazy("A character was replaced by its standard form"),
    EntryChange.CHARACTER_IDENTIFIED: gettext_lazy("A character was identified with another"),
    EntryChange.ACCEPTED_BY_MINISTER: gettext_lazy("Another that the Minister accepts as minor"),
}


def change_rows(resident: Resident, new: EntryChanged) -> list[Row]:
    """Whose entry, by which notice, and each item as it stands and as it is to stand."""
    rows: list[Row] = [
        *person_rows(resident)[:3],
        {"label": _("Notice"), "value": NOTICE[new.notice]},
        {"label": _("Day of the change"), "value": day(new.on)},
    ]
    if new.changes and new.writing:
        rows.append({"label": _("What a minor correction is"), "value": WRITING[new.writing]})
    for item, value in new.items.items():
        stands = value_words(item, _plain(getattr(resident, item.value)))
        becomes = value_words(item, _plain(value))
        words = {"stands": stands, "becomes": becomes}
        rows.append({"label": CONTENT[item], "value": _("%(stands)s → %(becomes)s") % words})
    return rows


def _plain(value: object) -> str:
    return "" if value is None else str(value)
