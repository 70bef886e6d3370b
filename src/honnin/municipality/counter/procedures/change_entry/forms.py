"""What an entry says from now on, and by which notice.

The fields show what stands in the entry: what is typed over is another from now on.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.console.forms import EntryField, let_stand
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.counter.notices import Item, Notice
from honnin.law.terms import Sex
from honnin.law.wording import format_entered_day
from honnin.municipality.counter.procedures.change_entry.services import against_change_of_entry
from honnin.municipality.counter.procedures.change_entry.wording import KIND, WRITING
from honnin.municipality.counter.residents.notices import Happening, OfSomebody
from honnin.municipality.counter.residents.wording import CONTENT
from honnin.municipality.counter.wording import SEX, STAY, language, sentence
from honnin.municipality.residents.changes import EntryChanged
from honnin.municipality.residents.models import Resident

_OVERTAKEN = gettext_lazy(
    "In the meantime the entry was changed: how it stands now is shown beside. Nothing of this was recorded. "
    "Check each field, and send it once more if all are right."
)
_OF_THE_DAY = frozenset({"E_DAY_AHEAD", "E_DAY_BEFORE_BIRTH"})


def _text(item: Item, *, required: bool = False) -> EntryField:
    return EntryField(item.value, label=CONTENT[item], required=required)


class ChangeOfEntry(OfSomebody):
    """By which notice, from which day, and the items as they are to stand."""

    notice = forms.ChoiceField(
        label=gettext_lazy("Notice"),
        choices=list(KIND.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the notice.")},
    )
    writing = forms.ChoiceField(
        label=gettext_lazy("What a minor correction is"),
        choices=[("", "–"), *WRITING.items()],
        required=False,
        help_text=gettext_lazy("For a minor correction alone."),
    )
    changed_on = DayField(
        label=gettext_lazy("Day of the change"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the day of the change.")},
    )
    name = _text(Item.NAME, required=True)
    kana = _text(Item.KANA, required=True)
    birth_date = DayField(label=CONTENT["birth_date"])
    sex = forms.ChoiceField(label=CONTENT["sex"], choices=list(SEX.items()))
    former_surname = _text(Item.FORMER_SURNAME)
    alias = _text(Item.ALIAS)
    stay_status = forms.ChoiceField(
        label=CONTENT["stay_status"], choices=[("", "–"), *STAY.items()], required=False
    )
    stay_until = DayField(label=CONTENT["stay_until"], required=False)
    place_of_stay = _text(Item.PLACE_OF_STAY)
    household = _text(Item.HOUSEHOLD)
    relationship = _text(Item.RELATIONSHIP)

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(resident, on, *data)
        let_stand(self, resident)
        for item in Item:
            value = getattr(resident, item.value)
            if isinstance(value, date):
                value = format_entered_day(value, language())
            self.fields[item.value].initial = value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.data.get("stood", self.stood) != self.stood:
            self.add_error(None, str(_OVERTAKEN))
        if not self.errors:
            for refusal in against_change_of_entry(self.resident, self.changed(), on=self.on):
                self.add_error("changed_on" if refusal.code in _OF_THE_DAY else None, sentence(refusal))
        return cleaned

    @property
    def stood(self) -> str:
        values = "\n".join(str(getattr(self.resident, item.value)) for item in Item)
        return hashlib.sha256(values.encode()).hexdigest()[:16]

    def is_sent_again(self) -> bool:
        """Whether all stands as it was confirmed, and did not when the page was drawn: a second click."""
        understood = not (set(self.errors) - {"__all__"})
        return understood and self.data.get("stood", self.stood) != self.stood and not self.items()

    def items(self) -> Mapping[Item, object]:
        """What was typed over, and as what it is to stand."""
        entered = {item: self.cleaned_data.get(item.value) for item in Item}
        entered[Item.SEX] = str(Sex(str(entered[Item.SEX])))
        return {item: value for item, value in entered.items() if value != getattr(self.resident, item.value)}

    def changed(self) -> EntryChanged:
        """The change as it is to be recorded."""
        writing = self.cleaned_data.get("writing")
        return EntryChanged(
            self.items(),
            Notice(self.cleaned_data["notice"]),
            self.cleaned_data["changed_on"],
            EntryChange(writing) if writing else None,
        )

    def happenings(self) -> Sequence[Happening]:
        return ((Event.ENTRY_CORRECTED, self.changed().changes),)
