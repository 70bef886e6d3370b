"""The one field for a day that somebody types: read alike, and refused alike, on every page."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language

from honnin.errors import Malformed, explain, language_of
from honnin.law.era import parse_day

LONGEST = 40


class DayField(forms.CharField):
    """A day in either calendar, in any form of `law.era.take_day`; None where none was typed nor need be.

    What is written as a day and is none is told apart from what is not read as a day.
    """

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"})
        super().__init__(max_length=LONGEST, widget=widget, **options)

    def clean(self, value: object) -> date | None:
        text = super().clean(value)
        try:
            return parse_day(text) if text.strip() else None
        except Malformed as error:
            language = language_of(get_language())
            raise forms.ValidationError(explain(error.code, language).paragraph(language)) from error
