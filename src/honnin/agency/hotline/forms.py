"""What an operator hears on the telephone and types."""

import re
from datetime import date
from unicodedata import normalize

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Malformed
from honnin.law.era import parse_era_date

_GREGORIAN = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


class DayField(forms.CharField):
    """A day in either calendar, as a caller says it: 1990-03-15, 1990年3月15日 or 平成2年3月15日."""

    def clean(self, value: object) -> date | None:
        text = "".join(normalize("NFKC", super().clean(value)).split())
        if not text:
            return None
        try:
            match = _GREGORIAN.fullmatch(text)
            return date(*(int(part) for part in match.groups())) if match else parse_era_date(text)
        except (ValueError, Malformed) as error:
            raise forms.ValidationError(_("Enter a day such as 1990-03-15 or 平成2年3月15日.")) from error


class HolderSearch(forms.Form):
    """Who is calling."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("In kanji, as in the register. Spaces do not matter."),
        error_messages={"required": gettext_lazy("Enter the name.")},
    )
    birth_date = DayField(
        label=gettext_lazy("Date of birth"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("1990-03-15 or 平成2年3月15日"),
        error_messages={"required": gettext_lazy("Enter the date of birth.")},
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("A part is enough, for example the municipality. It only narrows the hits."),
    )
