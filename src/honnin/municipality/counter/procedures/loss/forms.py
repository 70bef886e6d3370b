"""The card that was found, and its holder's PIN, which is never put back into a page."""

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.secret_fields import SecretInput
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.municipality.counter.cards.forms import PIN_LABEL, CardOnReader
from honnin.municipality.counter.wording import sentence


class FoundCard(CardOnReader):
    """The card that was found, and its PIN, which the holder types: the card signs for its release."""

    pin = forms.CharField(
        label=PIN_LABEL[PinKind.USER_AUTHENTICATION][0],
        help_text=gettext_lazy("4 digits, typed by the holder. The card signs for the release with it."),
        strip=False,
        widget=SecretInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": gettext_lazy("Enter the PIN.")},
    )

    use_last_try = forms.BooleanField(
        label=gettext_lazy("The holder is sure of the PIN: use the last try"), required=False
    )

    def clean_pin(self) -> str:
        pin = normalise_pin(str(self.cleaned_data["pin"]), PinKind.USER_AUTHENTICATION)
        for refusal in pin_format_refusals(pin, PinKind.USER_AUTHENTICATION):
            raise forms.ValidationError(sentence(refusal))
        return pin
