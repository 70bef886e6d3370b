"""What an operator hears on the telephone and types."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.console.forms import EntryField


class HolderSearch(forms.Form):
    """Who is calling: name and day of birth, or the number of the card."""

    name = EntryField(
        "name",
        label=gettext_lazy("Name"),
        required=False,
        help_text=gettext_lazy(
            "As the caller says it: in kanji of any form, in kana or in letters. The family name is enough."
        ),
    )
    birth_date = DayField(
        label=gettext_lazy("Date of birth"),
        required=False,
        help_text=gettext_lazy("1980-05-01, 昭和55年5月1日, S55.5.1 or 19800501"),
    )
    address = EntryField(
        "address",
        label=gettext_lazy("Address"),
        required=False,
        help_text=gettext_lazy(
            "A part is enough, for example the municipality. It only narrows the hits; if it fits none, "
            "all are shown."
        ),
    )
    card_number = forms.CharField(
        label=gettext_lazy("Card number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("If the caller has it on a copy: it finds the holder by itself."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("card_number"):
            if not cleaned.get("name"):
                self.add_error("name", _("Enter the name."))
            if not cleaned.get("birth_date") and "birth_date" not in self.errors:
                self.add_error("birth_date", _("Enter the date of birth."))
        return cleaned
