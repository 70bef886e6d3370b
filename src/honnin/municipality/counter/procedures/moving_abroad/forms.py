"""Where somebody moves to abroad, and on which day."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.console.forms import EntryField
from honnin.law.certificates.lapse import Event
from honnin.municipality.counter.procedures.moving_abroad.services import (
    against_continued_use,
    against_moving_abroad,
)
from honnin.municipality.counter.residents.notices import Happening, OfSomebody
from honnin.municipality.counter.wording import sentence


class MovingAbroad(OfSomebody):
    """A notice of moving abroad: the country, and the day, which may be still to come."""

    destination = EntryField(
        "destination",
        label=gettext_lazy("Country, and address there if it is known"),
        error_messages={"required": gettext_lazy("Enter the country.")},
    )
    moved_on = DayField(
        label=gettext_lazy("Planned day of the move"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日. It may be a day to come."),
        error_messages={"required": gettext_lazy("Enter the planned day of the move.")},
    )
    keeps_card = forms.BooleanField(
        label=gettext_lazy("The card goes on abroad (continued use)"),
        required=False,
        help_text=gettext_lazy("Asked for with the notice, before the planned day, with the card shown."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if moved_on := cleaned.get("moved_on"):
            for refusal in against_moving_abroad(self.resident, moved_on, on=self.on):
                self.add_error("moved_on", sentence(refusal))
            if cleaned.get("keeps_card"):
                for refusal in against_continued_use(self.resident, moved_on, on=self.on):
                    self.add_error("keeps_card", sentence(refusal))
        return cleaned

    def happenings(self) -> Sequence[Happening]:
        """Nothing ends before the planned day."""
        return ((Event.MOVED_ABROAD, ()),) if self.cleaned_data["moved_on"] <= self.on else ()
