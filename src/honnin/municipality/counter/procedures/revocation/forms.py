"""What a holder asks to have revoked, and why."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.law.certificates.compromise import ground_of_notice
from honnin.law.terms import Compromise, LapseGround, Purpose
from honnin.municipality.counter.cards.wording import CERTIFICATE

GROUND = {
    LapseGround.REQUEST_OR_NOTICE: gettext_lazy("The holder no longer wants to use it"),
    ground_of_notice(Compromise.LEAKAGE): gettext_lazy(
        "Leakage: others know the key or the PIN, or may know it, as after a theft"
    ),
    ground_of_notice(Compromise.LOSS): gettext_lazy(
        "Loss: the key is gone for good, as when the card burnt or its chip was cleared"
    ),
    ground_of_notice(Compromise.DAMAGE): gettext_lazy(
        "Damage: the key or the chip is broken and cannot be used"
    ),
}


class Revocation(forms.Form):
    """What a holder asks to have revoked, and why."""

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to revoke"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Reason for the revocation"),
        choices=list(GROUND.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the reason.")},
    )

    def __init__(self, purposes: Sequence[Purpose], *data: Any) -> None:
        super().__init__(*data)
        field = self.fields["purposes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(purpose, CERTIFICATE[purpose]) for purpose in purposes]

    def chosen(self) -> tuple[Purpose, ...]:
        return tuple(Purpose(word) for word in self.cleaned_data["purposes"])

    def ground_chosen(self) -> LapseGround:
        return LapseGround(self.cleaned_data["ground"])
