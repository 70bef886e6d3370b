"""What a clerk types and chooses; what an applicant types on the keypad is in `card_forms`.

The forms say at once what the law's own functions would refuse later; they decide nothing besides.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Malformed, Refusal, explain
from honnin.law.cards.pins import PinKind
from honnin.law.counter.eligibility import may_sign
from honnin.law.counter.identity import proxy_kinds
from honnin.law.names.characters import (
    characters_of,
    needs_substitute,
    recorded_text_refusals,
)
from honnin.law.terms import LapseGround, Purpose
from honnin.law.terms_of_use import VERSION
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.evidence.scans import CopyField
from honnin.municipality.counter.applications.models import EvidenceCopy, ReasonToLook
from honnin.municipality.counter.applications.services import Wish
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import read_question
from honnin.wire.messages.certificates import CertificateState

Whose = EvidenceCopy.Whose
_DOCUMENTS = [("", gettext_lazy("Not shown")), *wording.DOCUMENT.items()]


def sentence(refusal: Refusal) -> str:
    """Why, and what to do, in the page's language."""
    language = wording.language()
    return explain(refusal.code, language, dict(refusal.details)).paragraph(language)


def offer_proxies(form: forms.Form, resident: Resident, on: date) -> None:
    """Let only those kinds of proxies be chosen that this person can have by law."""
    kinds = proxy_kinds(resident.birth_date, on, adult_ward=resident.adult_ward)
    field = form.fields["proxy_kind"]
    assert isinstance(field, forms.ChoiceField)
    in_person = ("", gettext_lazy("The applicant in person"))
    field.choices = [in_person, *((kind, wording.PROXY[kind]) for kind in kinds)]


class ResidentSearch(forms.Form):
    """Whom to look for in the register."""

    text = forms.CharField(
        label=gettext_lazy("Name, name in katakana, date of birth, address or number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"}),
        help_text=gettext_lazy(
            "The beginning of a name is enough, in any spelling. Dates are written 1980-05-01, "
            "昭和55年5月1日, S55.5.1 or 19800501, card numbers and resident record codes whole. Several "
            "together narrow the hits. The number of an application finds it by itself. "
            "By date of birth and address only residents of this municipality are "
            "found."
        ),
        error_messages={"required": gettext_lazy("Enter whom to look for.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["question"] = read_question(cleaned.get("text", ""))
        except Malformed as error:
            self.add_error("text", sentence(Refusal(error.code)))
        return cleaned


class Reason(forms.Form):
    """Why more than name and municipality of another municipality's resident is needed."""

    why = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=list(wording.REASON.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the reason.")},
    )
    explanation = forms.CharField(
        label=gettext_lazy("What it is needed for"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "ja"}),
        help_text=gettext_lazy("It is written into the journal with your name. Up to 200 characters."),
        error_messages={
            "required": gettext_lazy("Say what it is needed for."),
            "max_length": gettext_lazy("The explanation is longer than 200 characters."),
        },
    )

    def reason(self) -> ReasonToLook:
        return ReasonToLook(self.cleaned_data["why"])


class Identification(forms.Form):
    """Who has come to the counter, and what they show for it: part of every application."""

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
    proxy_name = forms.CharField(
        label=gettext_lazy("Name of the proxy"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"lang": "ja"}),
    )
    mandate_copy = CopyField(label=gettext_lazy("Copy of the mandate or of the proof of agency"))
    proxy_document = forms.ChoiceField(
        label=gettext_lazy("Identity document of the proxy"), choices=_DOCUMENTS, required=False
    )
    proxy_copy = CopyField(label=gettext_lazy("Copy of the proxy's document"))

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
        return cleaned

    def _clean_proxy(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("proxy_kind") and not cleaned.get("proxy_name"):
            self.add_error("proxy_name", _("Enter the name of the proxy."))
        about_proxy = ("proxy_name", "mandate_copy", "proxy_document", "proxy_copy")
        if not cleaned.get("proxy_kind") and any(cleaned.get(name) for name in about_proxy):
            self.add_error("proxy_kind", _("Choose what kind of proxy has come."))

    def shown(self) -> tuple[ShownDocument, ...]:
        """The documents, with the copies that were made."""
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
        return tuple(shown)


class AskedCertificates(forms.Form):
    """What the applicant asks for and agrees to: part of an application for certificates.

    `present`: certificates that the applicant has, which are not asked for unless somebody ticks them.
    """

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to issue"),
        choices=list(wording.CERTIFICATE.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    terms_accepted = forms.BooleanField(
        label=gettext_lazy("The applicant has read the terms of use and accepts them"), required=False
    )
    terms_version = VERSION

    def __init__(
        self,
        resident: Resident,
        on: date,
        *data: Any,
        present: Iterable[CertificateState] = (),
        **options: Any,
    ) -> None:
        super().__init__(*data, **options)
        self.resident = resident
        unasked = {each.purpose for each in present}
        if not may_sign(resident.birth_date, on):
            unasked.add(Purpose.SIGNATURE)
        self.fields["purposes"].initial = [each for each in Purpose if each not in unasked]
        self.fields["purposes"].help_text = wording.present_certificates(present, on)
        offer_proxies(self, resident, on)
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
                widget=forms.TextInput(attrs={"class": "person-name", "autocomplete": "off", "lang": "ja"}),
            )
        if self.substituted:
            self.fields["substitutes_accepted"] = forms.BooleanField(
                label=_("The applicant agrees to the substitute characters"), required=False
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.substituted:
            self._clean_substitute(name, cleaned)
        return cleaned

    def _clean_substitute(self, name: str, cleaned: Mapping[str, Any]) -> None:
        """Only what was altered is looked at: an applicant who wants no substitute may say so."""
        text, recorded = getattr(self.resident, name), cleaned.get(f"recorded_{name}") or ""
        refusals = recorded_text_refusals(text, recorded) if recorded not in ("", text) else ()
        for refusal in refusals:
            self.add_error(f"recorded_{name}", sentence(refusal))


class NewApplication(AskedCertificates, Identification):
    """What the applicant asks for and brought. What is missing is seen at the examination."""

    def wish(self) -> Wish:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        return Wish(
            purposes=frozenset(Purpose(word) for word in entered["purposes"]),
            shown=self.shown(),
            terms_accepted=entered["terms_accepted"],
            recorded_name=entered.get("recorded_name", ""),
            recorded_address=entered.get("recorded_address", ""),
            substitutes_accepted=entered.get("substitutes_accepted", False),
            ward_override=entered.get("ward_override", False),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AskedPins(forms.Form):
    """Which PINs are to be set again: part of such an application."""

    pins = forms.MultipleChoiceField(
        label=gettext_lazy("PINs to reset"),
        choices=list(wording.PIN.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one PIN.")},
    )


class PinReset(AskedPins, Identification):
    """Which PINs are to be set again, and for whom."""

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        offer_proxies(self, resident, on)

    def wish(self) -> Wish:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        return Wish(
            pins=frozenset(PinKind(word) for word in entered["pins"]),
            shown=self.shown(),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AddEvidence(forms.Form):
    """A document that was shown later, with its copy."""

    whose = forms.ChoiceField(label=gettext_lazy("Whose document"), widget=forms.RadioSelect)
    document = forms.ChoiceField(
        label=gettext_lazy("Document"),
        choices=[("", gettext_lazy("Nothing chosen")), *wording.DOCUMENT.items()],
        required=False,
    )
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
        label=gettext_lazy("Reason for rejecting it"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "ja"}),
        help_text=gettext_lazy("It is kept with the application. Up to 200 characters."),
        error_messages={
            "required": gettext_lazy("Enter the reason."),
            "max_length": gettext_lazy("The reason is longer than 200 characters."),
        },
    )


class Revocation(forms.Form):
    """What a holder asks to have revoked, and why."""

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to revoke"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Reason for the revocation"),
        choices=list(wording.GROUND.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the reason.")},
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
