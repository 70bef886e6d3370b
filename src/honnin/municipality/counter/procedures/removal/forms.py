"""Why an entry is removed, and since which day."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.law.certificates.lapse import Event
from honnin.law.counter.notices import Notice, day_refusals
from honnin.municipality.counter.residents.notices import Happening, OfSomebody
from honnin.municipality.counter.wording import sentence

REASON = {
    Notice.DEATH: gettext_lazy("The person has died (notice of death)"),
    Notice.EX_OFFICIO: gettext_lazy("The entry is removed ex officio"),
}


class Removal(OfSomebody):
    """A death, or another removal: which, and the day."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why the entry is removed"),
        choices=list(REASON.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why the entry is removed.")},
    )
    removed_on = DayField(
        label=gettext_lazy("Day of the death or removal"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the day of the death or removal.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if removed_on := cleaned.get("removed_on"):
            for refusal in day_refusals(removed_on, on=self.on, born=self.resident.birth_date):
                self.add_error("removed_on", sentence(refusal))
        return cleaned

    def notice(self) -> Notice:
        return Notice(self.cleaned_data["why"])

    def happenings(self) -> Sequence[Happening]:
        return ((Event.REMOVED_OTHERWISE, ()),)
