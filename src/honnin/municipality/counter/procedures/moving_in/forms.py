"""Who moves in, from where and to where, as the notice and the certificate of moving out say."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.console.forms import EntryField, let_stand
from honnin.identifiers import PersonCode
from honnin.law.certificates.lapse import Event
from honnin.law.terms import Sex
from honnin.municipality.counter.procedures.moving_in.services import against_move_in
from honnin.municipality.counter.residents.notices import Happening
from honnin.municipality.counter.residents.wording import CONTENT
from honnin.municipality.counter.wording import SEX, sentence
from honnin.municipality.residents.changes import Newcomer, ends_card
from honnin.municipality.residents.models import Municipality, Resident

_FIELD_OF = {
    "E_DAY_AHEAD": "moved_in_on",
    "E_DAY_BEFORE_BIRTH": "moved_in_on",
    "E_MOVE_IN_DIFFERS": "person_code",
    "E_STILL_REGISTERED": "person_code",
    "E_ENTRY_REMOVED": "person_code",
}


class MovingIn(forms.Form):
    """A notice of moving in."""

    person_code = forms.CharField(
        label=gettext_lazy("Resident record code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text=gettext_lazy("Eleven digits, as on the certificate of moving out."),
        error_messages={"required": gettext_lazy("Enter the resident record code.")},
    )
    name = EntryField(
        "name",
        label=CONTENT["name"],
        error_messages={"required": gettext_lazy("Enter the name.")},
    )
    kana = EntryField(
        "kana",
        label=CONTENT["kana"],
        error_messages={"required": gettext_lazy("Enter the name in katakana.")},
    )
    birth_date = DayField(
        label=CONTENT["birth_date"],
        help_text=gettext_lazy("For example 1980-05-01 or 昭和55年5月1日."),
        error_messages={"required": gettext_lazy("Enter the date of birth.")},
    )
    sex = forms.ChoiceField(
        label=CONTENT["sex"],
        choices=list(SEX.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what the certificate of moving out says.")},
    )
    origin = EntryField(
        "origin",
        label=gettext_lazy("Former address"),
        error_messages={"required": gettext_lazy("Enter the former address.")},
    )
    left_on = DayField(
        label=gettext_lazy("Day of the move on the certificate of moving out"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the day of the move on the certificate.")},
    )
    address = EntryField(
        "address",
        label=gettext_lazy("New address"),
        help_text=gettext_lazy("Begin with the prefecture."),
        error_messages={"required": gettext_lazy("Enter the new address.")},
    )
    moved_in_on = DayField(
        label=gettext_lazy("Day of moving in"),
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the day of moving in.")},
    )

    def __init__(self, place: Municipality, on: date, *data: Any) -> None:
        super().__init__(*data)
        self.place, self.on = place, on
        code = PersonCode.parse(self.data.get("person_code", ""))
        if known := Resident.objects.filter(pk=code).first() if code else None:
            let_stand(self, known)
            self.fields["origin"].stands = known.address  # type: ignore[attr-defined]

    def clean_person_code(self) -> PersonCode:
        code = PersonCode.parse(self.cleaned_data["person_code"])
        if code is None:
            raise forms.ValidationError(gettext_lazy("A resident record code has eleven digits."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            for refusal in against_move_in(self.newcomer(), self.place, on=self.on):
                self.add_error(_FIELD_OF.get(refusal.code, "address"), sentence(refusal))
        return cleaned

    def newcomer(self) -> Newcomer:
        """Who moves in."""
        entered = self.cleaned_data
        plain = ("person_code", "name", "kana", "birth_date", "origin", "address", "left_on", "moved_in_on")
        return Newcomer(sex=Sex(entered["sex"]), **{name: entered[name] for name in plain})

    def is_late(self) -> bool:
        """Whether the card ends, for the notice or the card comes too late."""
        return ends_card(self.newcomer(), self.on)

    def happenings(self) -> Sequence[Happening]:
        late = ((Event.CARD_LOST_VALIDITY, ()),) if self.is_late() else ()
        return ((Event.MOVED_IN, ()), *late)
