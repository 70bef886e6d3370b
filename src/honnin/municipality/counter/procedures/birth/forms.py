"""The child, as the notice of birth says; address and household are the parent's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.console.days import DayField
from honnin.console.forms import EntryField
from honnin.law.terms import Sex
from honnin.municipality.counter.residents.notices import OfSomebody
from honnin.municipality.counter.residents.wording import CONTENT
from honnin.municipality.counter.wording import SEX, sentence
from honnin.municipality.residents.changes import Newborn, against_birth

_ELSEWHERE = "E_BIRTH_ELSEWHERE"
_FIELD_OF = {"E_BIRTH_RECORDED": "name", _ELSEWHERE: "another_child"}


class Birth(OfSomebody):
    """A notice of birth, by a parent who is entered here."""

    name = EntryField(
        "name",
        label=CONTENT["name"],
        help_text=gettext_lazy("Family name and given name of the child."),
        error_messages={"required": gettext_lazy("Enter the name.")},
    )
    kana = EntryField(
        "kana",
        label=CONTENT["kana"],
        error_messages={"required": gettext_lazy("Enter the name in katakana.")},
    )
    birth_date = DayField(
        label=CONTENT["birth_date"],
        help_text=gettext_lazy("For example 2026-06-01 or 令和8年6月1日."),
        error_messages={"required": gettext_lazy("Enter the date of birth.")},
    )
    sex = forms.ChoiceField(
        label=CONTENT["sex"],
        choices=list(SEX.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what the notice says.")},
    )
    relationship = EntryField(
        "relationship",
        label=CONTENT["relationship"],
        required=False,
        initial="子",
    )
    foreign = forms.BooleanField(
        label=gettext_lazy("The child is not a Japanese national"),
        required=False,
        help_text=gettext_lazy("Then it may stay for sixty days without a status of residence."),
    )

    another_child = forms.BooleanField(
        label=gettext_lazy("The child of this name that is entered elsewhere is another child"),
        required=False,
        help_text=gettext_lazy("Only where the notice and the family register name other parents."),
    )

    newborn: Newborn | None = None
    """Who was typed, where all of it was understood, though it may be refused."""

    def __init__(self, *data: Any) -> None:
        super().__init__(*data)
        self.fields["birth_date"].initial = None
        for item in ("name", "kana"):
            family, mark, _given = str(getattr(self.resident, item)).partition("\u3000")
            self.fields[item].initial = family + mark if mark else None
        if not self.is_bound:  # asked where there is such a child
            del self.fields["another_child"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.newborn = self.child()
            for refusal in against_birth(self.resident, self.newborn, on=self.on):
                self.add_error(_FIELD_OF.get(refusal.code, "birth_date"), sentence(refusal))
        if not cleaned.get("another_child") and "another_child" not in self.errors:
            del self.fields["another_child"]
        return cleaned

    def child(self) -> Newborn:
        """Who is to be entered, of fields that were all understood."""
        entered = self.cleaned_data
        plain = ("name", "kana", "birth_date", "relationship", "foreign", "another_child")
        return Newborn(sex=Sex(entered["sex"]), **{name: entered[name] for name in plain})
