"""What a clerk types and chooses, and what an applicant types on the keypad.

The forms say at once what the law's own functions would refuse later; they decide nothing besides. A PIN
is never put back into a page.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Malformed, Refusal, explain
from honnin.law.calendar import age_on
from honnin.law.characters import (
    address_refusals,
    characters_of,
    needs_substitute,
    recorded_text_refusals,
)
from honnin.law.eligibility import SIGNATURE_MIN_AGE
from honnin.law.pins import normalise_pin, pin_format_refusals
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter import wording
from honnin.municipality.counter.evidence import LARGEST_COPY, ShownDocument, media_type_of
from honnin.municipality.counter.facts import PIN_KIND
from honnin.municipality.counter.models import EvidenceCopy
from honnin.municipality.counter.services import Wish
from honnin.municipality.residents.models import Resident

Whose = EvidenceCopy.Whose
_ACCEPT = "image/jpeg,image/png,application/pdf"
_DOCUMENTS = [("", gettext_lazy("Not shown")), *wording.DOCUMENT.items()]


def sentence(refusal: Refusal) -> str:
    """Why, and what to do, in the page's language."""
    entry = explain(refusal.code, wording.language(), dict(refusal.details))
    return f"{entry.cause} {entry.remedy}"


class CopyField(forms.FileField):
    """A scanned copy: JPEG, PNG or PDF by its content, at most 5 MiB. Its value is the bytes."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("help_text", gettext_lazy("JPEG, PNG or PDF, up to 5 MB."))
        super().__init__(widget=forms.FileInput(attrs={"accept": _ACCEPT}), allow_empty_file=True, **options)

    def clean(self, data: object, initial: object = None) -> bytes | None:
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return None
        content = bytes(upload.read(LARGEST_COPY + 1))
        try:
            media_type_of(content)
        except Malformed as error:
            raise forms.ValidationError(sentence(Refusal(error.code))) from error
        return content


class ResidentSearch(forms.Form):
    """Whom to look for in the register."""

    text = forms.CharField(
        label=gettext_lazy("Name, name in katakana, or resident record code"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a name or a code.")},
    )


class NewApplication(forms.Form):
    """What the applicant asks for and brought. What is missing is seen at the examination."""

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to issue"),
        choices=list(wording.CERTIFICATE.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    document_1 = forms.ChoiceField(
        label=gettext_lazy("First identity document"),
        choices=_DOCUMENTS,
        required=False,
        help_text=gettext_lazy("One with a photograph, or the answered inquiry form and one more."),
    )
    copy_1 = CopyField(label=gettext_lazy("Copy of the first document"))
    document_2 = forms.ChoiceField(
        label=gettext_lazy("Second identity document"), choices=_DOCUMENTS, required=False
    )
    copy_2 = CopyField(label=gettext_lazy("Copy of the second document"))
    proxy_kind = forms.ChoiceField(
        label=gettext_lazy("Who has come to the counter"),
        choices=[("", gettext_lazy("The applicant in person")), *wording.PROXY.items()],
        required=False,
    )
    proxy_name = forms.CharField(label=gettext_lazy("Name of the proxy"), max_length=100, required=False)
    mandate_copy = CopyField(label=gettext_lazy("Copy of the mandate or of the proof of agency"))
    proxy_document = forms.ChoiceField(
        label=gettext_lazy("Identity document of the proxy"), choices=_DOCUMENTS, required=False
    )
    proxy_copy = CopyField(label=gettext_lazy("Copy of the proxy's document"))
    terms_accepted = forms.BooleanField(
        label=gettext_lazy("The applicant has read the terms of use and accepts them"), required=False
    )

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        self.resident = resident
        young = age_on(resident.birth_date, on) < SIGNATURE_MIN_AGE
        self.fields["purposes"].initial = [p for p in Purpose if not (young and p is Purpose.SIGNATURE)]
        self.substituted = [name for name in ("name", "address") if needs_substitute(getattr(resident, name))]
        self._add_substitutes()
        if resident.adult_ward:
            self.fields["ward_override"] = forms.BooleanField(
                label=_("I have examined the adult ward in person and find that the signature can be theirs"),
                required=False,
            )

    def _add_substitutes(self) -> None:
        labels = {"name": _("Name to be recorded"), "address": _("Address to be recorded")}
        for name in self.substituted:
            text = getattr(self.resident, name)
            characters = characters_of(text)
            places = _(", ").join(
                _("character %(place)s “%(character)s”") % {"place": at + 1, "character": characters[at]}
                for at in needs_substitute(text)
            )
            self.fields[f"recorded_{name}"] = forms.CharField(
                label=labels[name],
                initial=text,
                max_length=200 if name == "address" else 100,
                required=False,
                help_text=_("Put a substitute in place of %(places)s.") % {"places": places},
                widget=forms.TextInput(attrs={"class": "person-name", "autocomplete": "off"}),
            )
        if self.substituted:
            self.fields["substitutes_accepted"] = forms.BooleanField(
                label=_("The applicant agrees to the substitute characters"), required=False
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for copy, document in (
            ("copy_1", "document_1"),
            ("copy_2", "document_2"),
            ("proxy_copy", "proxy_document"),
        ):
            if cleaned.get(copy) and not cleaned.get(document):
                self.add_error(document, _("Choose which document the copy shows."))
        self._clean_proxy(cleaned)
        for name in self.substituted:
            self._clean_substitute(name, cleaned)
        return cleaned

    def _clean_proxy(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("proxy_kind") and not cleaned.get("proxy_name"):
            self.add_error("proxy_name", _("Enter the name of the proxy."))
        about_proxy = ("proxy_name", "mandate_copy", "proxy_document", "proxy_copy")
        if not cleaned.get("proxy_kind") and any(cleaned.get(name) for name in about_proxy):
            self.add_error("proxy_kind", _("Choose what kind of proxy has come."))

    def _clean_substitute(self, name: str, cleaned: Mapping[str, Any]) -> None:
        """Only what was altered is looked at: an applicant who wants no substitute may say so."""
        text, recorded = getattr(self.resident, name), cleaned.get(f"recorded_{name}") or ""
        refusals = recorded_text_refusals(text, recorded) if recorded not in ("", text) else ()
        for refusal in refusals:
            self.add_error(f"recorded_{name}", sentence(refusal))

    def wish(self) -> Wish:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        shown = [
            ShownDocument(whose, entered[document], entered[copy])
            for whose, document, copy in (
                (Whose.APPLICANT, "document_1", "copy_1"),
                (Whose.APPLICANT, "document_2", "copy_2"),
                (Whose.PROXY, "proxy_document", "proxy_copy"),
            )
            if entered[document]
        ]
        if entered["mandate_copy"]:
            shown.append(ShownDocument(Whose.MANDATE, wording.MANDATE, entered["mandate_copy"]))
        return Wish(
            purposes=frozenset(Purpose(word) for word in entered["purposes"]),
            shown=tuple(shown),
            terms_accepted=entered["terms_accepted"],
            recorded_name=entered.get("recorded_name", ""),
            recorded_address=entered.get("recorded_address", ""),
            substitutes_accepted=entered.get("substitutes_accepted", False),
            ward_override=entered.get("ward_override", False),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AddEvidence(forms.Form):
    """A document that was shown later, with its copy."""

    whose = forms.ChoiceField(label=gettext_lazy("Whose document"), widget=forms.RadioSelect)
    document = forms.ChoiceField(label=gettext_lazy("Document"), choices=_DOCUMENTS, required=False)
    copy = CopyField(
        label=gettext_lazy("Copy of the document"),
        required=True,
        error_messages={"required": gettext_lazy("Choose the file of the copy.")},
    )

    def __init__(self, proxy: bool, *data: Any) -> None:
        super().__init__(*data)
        known = [(key, label) for key, label in wording.WHOSE.items() if proxy or key == Whose.APPLICANT]
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = known
        field.initial = Whose.APPLICANT

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("whose") != Whose.MANDATE and not cleaned.get("document"):
            self.add_error("document", _("Choose which document the copy shows."))
        return cleaned

    def shown(self) -> ShownDocument:
        whose = Whose(self.cleaned_data["whose"])
        document = wording.MANDATE if whose is Whose.MANDATE else self.cleaned_data["document"]
        return ShownDocument(whose, document, self.cleaned_data["copy"])


class Rejection(forms.Form):
    """Why an application is not accepted; the applicant is told, and it is kept."""

    reason = forms.CharField(
        label=gettext_lazy("Reason for not accepting"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It is kept with the application. Up to 200 characters."),
        error_messages={
            "required": gettext_lazy("Enter the reason."),
            "max_length": gettext_lazy("The reason is longer than 200 characters."),
        },
    )


_PIN_LABEL = {
    Purpose.SIGNATURE: (
        gettext_lazy("Password of the signature certificate"),
        gettext_lazy("Password of the signature certificate (again)"),
        gettext_lazy("6 to 16 letters and digits, at least one of each. Letters become capitals."),
        {},
    ),
    Purpose.USER_AUTHENTICATION: (
        gettext_lazy("PIN of the user authentication certificate"),
        gettext_lazy("PIN of the user authentication certificate (again)"),
        gettext_lazy("4 digits."),
        {"inputmode": "numeric"},
    ),
}


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


class FoundCard(CardOnReader):
    """The card that was found, and its PIN, which the holder types: the card signs for its release."""

    pin = forms.CharField(
        label=_PIN_LABEL[Purpose.USER_AUTHENTICATION][0],
        help_text=gettext_lazy("4 digits, typed by the holder. The card signs for the release with it."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": gettext_lazy("Enter it.")},
    )

    def clean_pin(self) -> str:
        pin = str(self.cleaned_data["pin"])
        for refusal in pin_format_refusals(pin, PIN_KIND[Purpose.USER_AUTHENTICATION]):
            raise forms.ValidationError(sentence(refusal))
        return pin


class CardAndPins(CardOnReader):
    """The card on the reader, and the PINs that the applicant types, each twice."""

    def __init__(self, purposes: Sequence[Purpose], cards: Sequence[str], own: str, *data: Any) -> None:
        super().__init__(cards, own, *data)
        self.purposes = purposes
        for purpose in purposes:
            self._add_pin(purpose)

    def _add_pin(self, purpose: Purpose) -> None:
        first, again, hint, more = _PIN_LABEL[purpose]
        widget = {"autocomplete": "new-password", "spellcheck": "false", **more}
        for name, label, help_text in ((f"{purpose}_pin", first, hint), (f"{purpose}_pin_again", again, "")):
            self.fields[name] = forms.CharField(
                label=label,
                help_text=help_text,
                strip=False,
                widget=forms.PasswordInput(attrs=widget),
                error_messages={"required": _("Enter it.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for purpose in self.purposes:
            first, again = cleaned.get(f"{purpose}_pin"), cleaned.get(f"{purpose}_pin_again")
            if first is None:
                continue
            kind = PIN_KIND[purpose]
            for refusal in pin_format_refusals(normalise_pin(first, kind), kind):
                self.add_error(f"{purpose}_pin", sentence(refusal))
            if again is not None and again != first:
                self.add_error(f"{purpose}_pin_again", _("The two entries differ. Enter both again."))
        return cleaned

    def pins(self) -> dict[Purpose, str]:
        """The PINs, for the moment that they are carried to the card."""
        return {purpose: self.cleaned_data[f"{purpose}_pin"] for purpose in self.purposes}


class Revocation(forms.Form):
    """What a holder asks to have revoked, and why."""

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to revoke"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"),
        choices=list(wording.GROUND.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the ground.")},
    )

    def __init__(self, purposes: Sequence[Purpose], *data: Any) -> None:
        super().__init__(*data)
        field = self.fields["purposes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(purpose, wording.CERTIFICATE[purpose]) for purpose in purposes]

    def chosen(self) -> tuple[Purpose, ...]:
        return tuple(Purpose(word) for word in self.cleaned_data["purposes"])

    def ground_chosen(self) -> LapseGround:
        return LapseGround(self.cleaned_data["ground"])


class ChangeOfAddress(forms.Form):
    """Where a resident has moved within the municipality."""

    address = forms.CharField(
        label=gettext_lazy("New address"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the new address.")},
    )

    def __init__(self, resident: Resident, *data: Any) -> None:
        super().__init__(*data)
        self.resident = resident

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if address == self.resident.address:
            raise forms.ValidationError(_("This is the address in the register already."))
        for refusal in address_refusals(address):
            raise forms.ValidationError(sentence(refusal))
        return address
