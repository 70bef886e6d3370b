"""What a clerk types when the address of somebody changes within the municipality.

The forms say at once what the law's own functions would refuse later; they decide nothing besides.
"""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.forms import EntryField
from honnin.law.certificates.lapse import EntryChange
from honnin.law.names.addresses import OF_THE_DAY_OF_MOVE
from honnin.municipality.counter.procedures.change_address.services import against_change_of_address
from honnin.municipality.counter.procedures.change_address.wording import ADDRESS_CHANGE
from honnin.municipality.counter.residents.moves import Move
from honnin.municipality.counter.wording import sentence
from honnin.municipality.residents.models import Resident

_OVERTAKEN = gettext_lazy(
    "In the meantime the address was changed to %(address)s. Nothing of this was recorded. "
    "Send it once more if it is still right."
)
"""`stood` is the address that the page showed when the new one was typed."""


class ChangeOfAddress(Move):
    """How the address of a resident is written from now on, within the municipality, and why."""

    address = EntryField(
        "address",
        max_length=None,
        label=gettext_lazy("New address"),
        help_text=gettext_lazy("Begin with the prefecture."),
        error_messages={"required": gettext_lazy("Enter the new address.")},
    )
    change = forms.ChoiceField(
        label=gettext_lazy("What has changed"),
        choices=list(ADDRESS_CHANGE.items()),
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
                self.resident, cleaned["address"], self.declared(), cleaned.get("moved_on"), on=self.on
            ):
                if refusal.code not in OF_THE_DAY_OF_MOVE:
                    self.add_error("address", sentence(refusal))
                elif not unread:
                    self.add_error("moved_on", sentence(refusal))
        if not self.errors and self.data.get("stood", self.resident.address) != self.resident.address:
            self.add_error(None, _OVERTAKEN % {"address": self.resident.address})
        return cleaned

    def declared(self) -> EntryChange:
        """What has changed as the clerk declares; a move where nothing was chosen."""
        return EntryChange(self.cleaned_data.get("change") or EntryChange.ADDRESS)
