"""The card that is given back, or that cannot be read any more."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.municipality.counter.cards.forms import CardOnReader


class CardGivenBack(CardOnReader):
    """The card that was given back. One that is lost for good or cannot be read ends in the records alone."""

    unreadable = forms.BooleanField(
        label=gettext_lazy(
            "The chip cannot be read, or the card is lost for good: end the present card in the records alone"
        ),
        required=False,
    )

    def __init__(self, cards: Sequence[str], own: str, *data: Any) -> None:
        super().__init__(cards, own, *data)
        self.fields["card"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("unreadable") and not cleaned.get("card") and "card" not in self.errors:
            self.add_error("card", self.fields["card"].error_messages["required"])
        return cleaned
