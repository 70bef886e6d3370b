"""What is chosen and typed at the kiosk. A PIN is never put back into a page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from honnin.console.secret_fields import SecretInput
from honnin.errors import explain, language_of
from honnin.kiosk.wording import form_of
from honnin.law.cards.pins import DIGITS, PinKind, normalise_pin, pin_format_refusals, pin_rule
from honnin.law.terms import Generation
from honnin.pin import Pin


class CardInReader(forms.Form):
    """Where the card lies."""

    card = forms.ChoiceField(
        label=gettext_lazy("Card in the reader"),
        error_messages={"required": gettext_lazy("Choose the card that lies in the reader.")},
    )

    def __init__(self, cards: Sequence[str], *data: Any) -> None:
        super().__init__(*data)
        field = self.fields["card"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("No card chosen")), *((name, name) for name in cards)]


class KnownPin(forms.Form):
    """The PIN that its holder knows; its last try is spent only by who says so."""

    last_try = forms.BooleanField(
        label=gettext_lazy("I use the last try. A wrong PIN blocks it."),
        error_messages={"required": gettext_lazy("Only one try is left. Say that you use it.")},
    )

    def __init__(self, kind: PinKind, tries_left: int | None, *data: Any) -> None:
        super().__init__(*data)
        self.fields["known_pin"] = _secret(kind, gettext_lazy("PIN"))
        if tries_left != 1:
            del self.fields["last_try"]

    def pin(self) -> Pin:
        """The PIN, once, for the moment that it is carried to the card: the form keeps none."""
        return Pin(self.cleaned_data.pop("known_pin"))


class NewPin(forms.Form):
    """The new PIN, typed twice."""

    def __init__(self, kind: PinKind, *data: Any) -> None:
        super().__init__(*data)
        self.kind = kind
        self.fields["new_pin"] = _secret(kind, gettext_lazy("New PIN"), form_of(kind))
        self.fields["new_pin_again"] = _secret(kind, gettext_lazy("New PIN (again)"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, again = cleaned.get("new_pin"), cleaned.pop("new_pin_again", None)
        if first is None:
            return cleaned
        chosen = normalise_pin(first, self.kind)
        language = language_of(get_language())
        refusals = pin_format_refusals(chosen, self.kind)
        for each in refusals:
            self.add_error("new_pin", explain(each.code, language, dict(each.details)).cause)
        if not refusals and again is not None and normalise_pin(again, self.kind) != chosen:
            self.add_error("new_pin_again", _("The two entries differ. Enter both again."))
        return cleaned

    def pin(self) -> Pin:
        """As `KnownPin.pin`."""
        return Pin(self.cleaned_data.pop("new_pin"))


def _secret(kind: PinKind, label: Any, hint: Any = "") -> forms.CharField:
    digits = pin_rule(kind, Generation.NUMBER_CARD).characters == DIGITS
    attrs = {"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric" if digits else "text"}
    return forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        widget=SecretInput(attrs=attrs),
        error_messages={"required": gettext_lazy("Enter the PIN.")},
    )
