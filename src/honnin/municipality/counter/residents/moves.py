"""What every notice of a move asks: of whom, and on which day."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.law.wording import format_entered_day
from honnin.municipality.counter.wording import language
from honnin.municipality.residents.models import Resident

CONFIRMED = "confirmed"
"""The field by which a form says that its page showed what the notice ends."""


class Move(forms.Form):
    """Of whom, and on which day: today until something else is typed."""

    moved_on = DayField(
        label=gettext_lazy("Day of the move"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the day of the move.")},
    )

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        self.resident, self.on = resident, on
        if not data:
            self.fields["moved_on"].initial = format_entered_day(on, language())
