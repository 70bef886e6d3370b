"""The card on the reader, and what its holder types on the keypad. A PIN is never put back into a page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console import failures
from honnin.console.secret_fields import SecretInput
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.municipality.counter.cards.wording import PIN
from honnin.municipality.counter.wording import sentence
from honnin.pin import Pin

PIN_LABEL = {
    PinKind.SIGNATURE: (
        gettext_lazy("PIN of the signature certificate"),
        gettext_lazy("PIN of the signature certificate (again)"),
        gettext_lazy("6 to 16 letters and digits, at least one of each. Letters become capitals."),
        {},
    ),
    PinKind.USER_AUTHENTICATION: (
        gettext_lazy("PIN of the user-authentication certificate"),
        gettext_lazy("PIN of the user-authentication certificate (again)"),
        gettext_lazy("4 digits."),
        {"inputmode": "numeric"},
    ),
    PinKind.RESIDENT_REGISTER: (
        gettext_lazy("PIN of the resident register"),
        gettext_lazy("PIN of the resident register (again)"),
        gettext_lazy("4 digits."),
        {"inputmode": "numeric"},
    ),
    PinKind.CARD_FACE_ENTRY: (
        gettext_lazy("PIN of the card-face entry"),
        gettext_lazy("PIN of the card-face entry (again)"),
        gettext_lazy("4 digits."),
        {"inputmode": "numeric"},
    ),
}


WRONG_CARD = ("E_CARD_OTHERS", "E_CARD_INVALID")
"""What is said of a card that another must be put on the reader for: it does not stay chosen."""


class CardOnReader(forms.Form):
    """The card that lies on the reader; the person's own is offered first."""

    card = forms.ChoiceField(
        label=gettext_lazy("Card on the reader"),
        error_messages={"required": gettext_lazy("Choose the card that lies on the reader.")},
    )

    def __init__(self, cards: Sequence[str], own: str, *data: Any) -> None:
        super().__init__(*data)
        field = self.fields["card"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("No card chosen")), *((name, name) for name in cards)]
        field.initial = own if own in cards else ""


def require_another_card(request: HttpRequest, form: CardOnReader) -> None:
    """On a page that comes again because it was the wrong card, that card is chosen no longer."""
    failed = failures.noted_failure(request)
    if failed is not None and failed.code in WRONG_CARD:
        form.initial["card"] = form.fields["card"].initial


class CardAndPins(CardOnReader):
    """The card on the reader, and the PINs that the applicant types, each twice."""

    def __init__(self, kinds: Sequence[PinKind], cards: Sequence[str], own: str, *data: Any) -> None:
        super().__init__(cards, own, *data)
        self.kinds = kinds
        for kind in kinds:
            self._add_pin(kind)

    def _add_pin(self, kind: PinKind) -> None:
        first, again, hint, more = PIN_LABEL[kind]
        widget = {"autocomplete": "new-password", "spellcheck": "false", **more}
        for name, label, help_text in ((f"{kind}_pin", first, hint), (f"{kind}_pin_again", again, "")):
            self.fields[name] = forms.CharField(
                label=label,
                help_text=help_text,
                strip=False,
                widget=SecretInput(attrs=widget),
                error_messages={"required": _("Enter the PIN.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind in self.kinds:
            first, again = cleaned.get(f"{kind}_pin"), cleaned.pop(f"{kind}_pin_again", None)
            if first is None:
                continue
            chosen = normalise_pin(first, kind)
            refusals = pin_format_refusals(chosen, kind)
            for refusal in refusals:
                self.add_error(f"{kind}_pin", sentence(refusal))
            if not refusals and again is not None and normalise_pin(again, kind) != chosen:
                self.add_error(f"{kind}_pin_again", _("The two entries differ. Enter both again."))
        return cleaned

    def fieldsets(self) -> list[tuple[object, forms.BoundField, forms.BoundField]]:
        """For each PIN its name and its two fields."""
        return [(PIN[kind], self[f"{kind}_pin"], self[f"{kind}_pin_again"]) for kind in self.kinds]

    def pins(self) -> dict[PinKind, Pin]:
        """The PINs, once, for the moment that they are carried to the card: the form keeps none."""
        return {kind: Pin(self.cleaned_data.pop(f"{kind}_pin")) for kind in self.kinds}
