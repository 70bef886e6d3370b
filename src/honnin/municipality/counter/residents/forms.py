"""Whom to look for, and why more of another municipality's resident is needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.forms import EntryField
from honnin.errors import Malformed, Refusal
from honnin.municipality.counter.guards.models import ReasonToLook
from honnin.municipality.counter.residents.wording import REASON
from honnin.municipality.counter.wording import sentence
from honnin.municipality.residents.queries import read_question


class ResidentSearch(forms.Form):
    """Whom to look for in the register."""

    text = forms.CharField(
        label=gettext_lazy("Name, name in katakana, date of birth, address or number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"}),
        help_text=gettext_lazy(
            "The beginning of a name is enough, in any spelling. Dates are written 1980-05-01, "
            "昭和55年5月1日, S55.5.1 or 19800501, card numbers and resident record codes whole. Several "
            "together narrow the hits. The number of an application finds it by itself. "
            "By date of birth and address only residents of this municipality are "
            "found."
        ),
        error_messages={"required": gettext_lazy("Enter whom to look for.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["question"] = read_question(cleaned.get("text", ""))
        except Malformed as error:
            self.add_error("text", sentence(Refusal(error.code)))
        return cleaned


class Reason(forms.Form):
    """Why more than name and municipality of another municipality's resident is needed."""

    why = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=list(REASON.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the reason.")},
    )
    explanation = EntryField(
        "reason",
        label=gettext_lazy("What it is needed for"),
        widget=forms.Textarea(attrs={"rows": 2, "lang": "ja"}),
        help_text=gettext_lazy("It is written into the journal with your name. Up to 200 characters."),
        error_messages={
            "required": gettext_lazy("Say what it is needed for."),
            "max_length": gettext_lazy("The explanation is longer than 200 characters."),
        },
    )

    def reason(self) -> ReasonToLook:
        return ReasonToLook(self.cleaned_data["why"])
