"""What a clerk types when somebody moves: within the municipality, or to another one.

The forms say at once what the law's own functions would refuse later; they decide nothing besides.
"""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.law.certificates.lapse import EntryChange
from honnin.law.era import format_era_date
from honnin.law.names.addresses import OF_THE_DAY_OF_MOVE, moving_out_refusals
from honnin.law.names.characters import LONGEST_ADDRESS
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.forms import sentence
from honnin.municipality.counter.applications.services import against_change_of_address
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import place_names

_OVERTAKEN = gettext_lazy(
    "In the meantime the address was changed to %(address)s. Nothing of this was recorded. "
    "Send it once more if it is still right."
)
"""`stood` is the address that the page showed when the new one was typed."""


class _Move(forms.Form):
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
            japanese = wording.language() == "ja"
            self.fields["moved_on"].initial = format_era_date(on) if japanese else on.isoformat()


class ChangeOfAddress(_Move):
    """How the address of a resident is written from now on, within the municipality, and why."""

    address = forms.CharField(
        label=gettext_lazy("New address"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"}),
        help_text=gettext_lazy("Begin with the prefecture."),
        error_messages={"required": gettext_lazy("Enter the new address.")},
    )
    change = forms.ChoiceField(
        label=gettext_lazy("What has changed"),
        choices=list(wording.ADDRESS_CHANGE.items()),
        widget=forms.RadioSelect,
        initial=EntryChange.ADDRESS,
        required=False,
    )
    field_order = ("address", "change", "moved_on")

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(resident, on, *data)
        self.fields["moved_on"].required = False
        self.fields["moved_on"].help_text = _(
            "For example 2026-06-01 or 令和8年6月1日. It is needed for a move, and recorded for a move alone."
        )

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if address == self.resident.address:
            raise forms.ValidationError(_("This is the address in the register already."))
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "address" in cleaned:
            unread = "moved_on" in self.errors
            for refusal in against_change_of_address(
                self.resident, cleaned["address"], self.said(), cleaned.get("moved_on"), on=self.on
            ):
                if refusal.code not in OF_THE_DAY_OF_MOVE:
                    self.add_error("address", sentence(refusal))
                elif not unread:
                    self.add_error("moved_on", sentence(refusal))
        if not self.errors and self.data.get("stood", self.resident.address) != self.resident.address:
            self.add_error(None, _OVERTAKEN % {"address": self.resident.address})
        return cleaned

    def said(self) -> EntryChange:
        """What has changed as the clerk says; a move where nothing was said."""
        return EntryChange(self.cleaned_data.get("change") or EntryChange.ADDRESS)


class MovingOut(_Move):
    """A notice of moving to another municipality: where to, and on which day."""

    destination = forms.CharField(
        label=gettext_lazy("Address after the move"),
        max_length=LONGEST_ADDRESS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"}),
        help_text=gettext_lazy("Begin with the prefecture."),
        error_messages={"required": gettext_lazy("Enter the address after the move.")},
    )
    field_order = ("destination", "moved_on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("destination") and cleaned.get("moved_on"):
            own, day, born = (
                self.resident.municipality.written(),
                cleaned["moved_on"],
                self.resident.birth_date,
            )
            for refusal in moving_out_refusals(
                cleaned["destination"], own, place_names(), moved_on=day, on=self.on, born=born
            ):
                self.add_error(
                    "moved_on" if refusal.code in OF_THE_DAY_OF_MOVE else "destination", sentence(refusal)
                )
        return cleaned
