"""Which certificates are renewed, who came with what, and the PINs that are proved to the card."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.secret_fields import SecretInput
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.law.counter.renewal import renewable
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.certificates.forms import (
    AmendedCertificates,
    AskedCertificates,
    NewCertificates,
)
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.forms import PIN_LABEL, CardAndPins, CardOnReader
from honnin.municipality.counter.cards.wording import CERTIFICATE, PIN
from honnin.municipality.counter.procedures.renewal.facts import (
    NO_ENVELOPE,
    NOT_SEALED,
    SEALED,
    present_certificates,
)
from honnin.municipality.counter.wording import sentence
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.wire.messages.certificates import PersonState


class AskedRenewal(AskedCertificates):
    """What a renewal asks besides: part of the form of one that is received, and of its correction."""

    procedure: ClassVar[str] = "renewal"
    further: ClassVar[Sequence[str]] = ("card_presented", "expiry_notice", "envelope")

    card_presented = forms.BooleanField(label=gettext_lazy("The card is here"), required=False)
    expiry_notice = forms.BooleanField(
        label=gettext_lazy("The expiry notice is here"),
        help_text=gettext_lazy("It helps, and is not needed."),
        required=False,
    )
    envelope = forms.ChoiceField(
        label=gettext_lazy("Envelope with the inquiry form"),
        help_text=gettext_lazy("A proxy brings it sealed. It is opened once the application is accepted."),
        choices=[
            (NO_ENVELOPE, gettext_lazy("Not brought")),
            (SEALED, gettext_lazy("Sealed")),
            (NOT_SEALED, gettext_lazy("Not sealed, or opened")),
        ],
        required=False,
    )

    def offer(self, state: PersonState, on: date) -> None:
        """Let the certificates be chosen that there are; those that are due are ticked."""
        present = present_certificates(state, on)
        field = self.fields["purposes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.label = _("Certificates to renew")
        field.choices = [(each, CERTIFICATE[each]) for each in present or Purpose]
        field.initial = sorted(renewable(present, on))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("envelope") and not cleaned.get("proxy_kind"):
            self.add_error("proxy_kind", _("Choose what kind of proxy has come."))
        return cleaned

    def details(self) -> Mapping[str, object]:
        return {**super().details(), **{name: self.cleaned_data[name] for name in self.further}}


class NewRenewal(AskedRenewal, NewCertificates):
    """An application for a renewal, to be received."""

    def __init__(self, resident: Resident, on: date, *data: Any, state: PersonState) -> None:
        super().__init__(resident, on, *data)
        self.offer(state, on)


class AmendedRenewal(AskedRenewal, AmendedCertificates):
    """An application for a renewal, as it stands."""

    asked_for = (*AmendedCertificates.asked_for, *AskedRenewal.further)

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        super().__init__(application, on, *data)
        self.fields["purposes"].label = _("Certificates to renew")
        self.initial = {**self.initial, **{name: application.details.get(name) for name in self.further}}

    def details(self) -> Mapping[str, object]:
        """What the form does not ask for stays as it is."""
        kept = {name: value for name, value in self.application.details.items() if name != "came_by"}
        return {**kept, **super().details()}


def add_known(form: forms.Form, kind: PinKind, *, last_try: bool) -> None:
    """A field for a PIN that its holder knows, and where one try is left the box by which it is used."""
    label, _again, hint, more = PIN_LABEL[kind]
    attributes = {"autocomplete": "off", "spellcheck": "false", **more}
    form.fields[f"{kind}_known"] = forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        widget=SecretInput(attrs=attributes),
        error_messages={"required": _("Enter the PIN.")},
    )
    if last_try:
        form.fields[f"{kind}_last_try"] = forms.BooleanField(
            label=_("Use the last try: if it is wrong, the PIN is blocked"), required=False
        )


class PinsToProve(CardOnReader):
    """The card on the reader and the PINs that its holder enters, each or that it is not known.

    `last_try` as below; `not_known`: those that are ticked from the first.
    """

    def __init__(
        self,
        wanted: Sequence[PinKind],
        cards: Sequence[str],
        own: str,
        *data: Any,
        last_try: Iterable[PinKind] = (),
        not_known: Iterable[str] = (),
    ) -> None:
        super().__init__(cards, own, *data)
        self.kinds = wanted
        self.fields["card"].required = False
        for kind in wanted:
            add_known(self, kind, last_try=kind in set(last_try))
            self.fields[f"{kind}_known"].required = False
            self.fields[f"{kind}_not_known"] = forms.BooleanField(
                label=_(
                    "Forgotten, blocked, or cannot be entered: set anew once the application is accepted"
                ),
                required=False,
                initial=kind in set(not_known),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind in self.kinds:
            typed = cleaned.get(f"{kind}_known")
            if cleaned.get(f"{kind}_not_known"):
                continue
            if not typed:
                self.add_error(f"{kind}_known", _("Enter the PIN, or tick that it is not known."))
                continue
            for refusal in pin_format_refusals(normalise_pin(typed, kind), kind):
                self.add_error(f"{kind}_known", sentence(refusal))
        if not cleaned.get("card") and "card" not in self.errors and len(self.not_known()) < len(self.kinds):
            self.add_error("card", _("Choose the card that lies on the reader."))
        return cleaned

    def pin_fields(self) -> list[tuple[forms.BoundField, forms.BoundField | None, forms.BoundField]]:
        """For each PIN its field, the box of the last try where there is one, and the other box."""
        return [
            (
                self[f"{kind}_known"],
                self[f"{kind}_last_try"] if f"{kind}_last_try" in self.fields else None,
                self[f"{kind}_not_known"],
            )
            for kind in self.kinds
        ]

    def not_known(self) -> list[PinKind]:
        return [kind for kind in self.kinds if self.cleaned_data.get(f"{kind}_not_known")]

    def known_pins(self) -> dict[PinKind, Pin]:
        """The PINs, once, for the moment that they are carried to the card: the form keeps none."""
        known = [kind for kind in self.kinds if kind not in self.not_known()]
        return {kind: Pin(self.cleaned_data.pop(f"{kind}_known")) for kind in known}

    def last_tries(self) -> frozenset[PinKind]:
        return frozenset(kind for kind in self.kinds if self.cleaned_data.get(f"{kind}_last_try"))


class RenewalPins(CardAndPins):
    """The card on the reader, the PINs that its holder knows, and in place of the others new ones, twice.

    `last_try`: a box for each PIN of which one try is left, which its holder uses knowingly.
    """

    def __init__(
        self,
        wanted: Iterable[PinKind],
        anew: Iterable[PinKind],
        cards: Sequence[str],
        own: str,
        *data: Any,
        last_try: Iterable[PinKind] = (),
    ) -> None:
        super().__init__([kind for kind in wanted if kind in set(anew)], cards, own, *data)
        self.known = [kind for kind in wanted if kind not in set(anew)]
        for kind in self.known:
            add_known(self, kind, last_try=kind in set(last_try))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind in self.known:
            typed = cleaned.get(f"{kind}_known")
            if typed is not None:
                for refusal in pin_format_refusals(normalise_pin(typed, kind), kind):
                    self.add_error(f"{kind}_known", sentence(refusal))
        return cleaned

    def known_fields(self) -> list[tuple[PinKind, object, forms.BoundField, forms.BoundField | None]]:
        """For each PIN its kind, its name, its field, and the box of the last try where there is one."""
        return [
            (
                kind,
                PIN[kind],
                self[f"{kind}_known"],
                self[f"{kind}_last_try"] if f"{kind}_last_try" in self.fields else None,
            )
            for kind in self.known
        ]

    def known_pins(self) -> dict[PinKind, Pin]:
        """The PINs, once, for the moment that they are carried to the card: the form keeps none."""
        return {kind: Pin(self.cleaned_data.pop(f"{kind}_known")) for kind in self.known}

    def last_tries(self) -> frozenset[PinKind]:
        return frozenset(kind for kind in self.known if self.cleaned_data.get(f"{kind}_last_try"))
