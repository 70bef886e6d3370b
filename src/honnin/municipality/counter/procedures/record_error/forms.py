"""What an error in a certificate concerns."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.law.terms import RecordedItem

ITEM = {
    RecordedItem.NAME: gettext_lazy("Name"),
    RecordedItem.BIRTH_DATE: gettext_lazy("Date of birth"),
    RecordedItem.SEX: gettext_lazy("Sex"),
    RecordedItem.ADDRESS: gettext_lazy("Address"),
    RecordedItem.VALIDITY: gettext_lazy("Validity"),
    RecordedItem.HOLDER: gettext_lazy("Person, card or key: it was issued to the wrong one"),
    RecordedItem.FALSE_APPLICATION: gettext_lazy("It was issued upon a false application"),
}


class RecordError(forms.Form):
    """What an error concerns."""

    item = forms.ChoiceField(
        label=gettext_lazy("What is wrong"),
        choices=list(ITEM.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what is wrong.")},
    )

    def __init__(self, *data: Any) -> None:
        super().__init__(*data)

    def chosen(self) -> RecordedItem:
        return RecordedItem(self.cleaned_data["item"])
