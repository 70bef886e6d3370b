"""What a clerk types and chooses about any application; what a holder types is in `cards.forms`.

The forms say at once what the law's own functions would refuse later; they decide nothing besides.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.forms import EntryField
from honnin.law.counter.channels import Channel
from honnin.law.counter.identity import proxy_kinds
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.evidence.scans import CopyField
from honnin.municipality.counter.applications.evidence.wording import DOCUMENT, MANDATE, WHOSE
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.residents.models import Resident

Whose = EvidenceCopy.Whose
_DOCUMENTS = [("", gettext_lazy("Not shown")), *DOCUMENT.items()]


def offer_proxies(form: forms.Form, resident: Resident, on: date) -> None:
    """Let only those kinds of proxies be chosen that this person can have by law."""
    kinds = proxy_kinds(resident.birth_date, on, adult_ward=resident.adult_ward)
    field = form.fields["proxy_kind"]
    assert isinstance(field, forms.ChoiceField)
    in_person = ("", gettext_lazy("The applicant in person"))
    field.choices = [in_person, *((kind, wording.PROXY[kind]) for kind in kinds)]


class Arrival(forms.Form):
    """How the application has come: what comes in another way than the law's is refused, and by name."""

    came_by = forms.ChoiceField(
        label=gettext_lazy("How the application has come"),
        choices=list(wording.CAME_BY.items()),
        initial=Channel.COUNTER,
        required=False,
    )

    def arrival(self) -> dict[str, object]:
        """What is kept of it (`Kind.details`): nothing of one that was brought."""
        way = self.cleaned_data["came_by"]
        return {} if way in ("", Channel.COUNTER) else {"came_by": way}


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
    proxy_name = EntryField(
        "proxy_name",
        label=gettext_lazy("Name of the proxy"),
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
            shown.append(ShownDocument(Whose.MANDATE, MANDATE, entered["mandate_copy"]))
        return tuple(shown)


class NewRequest(Identification):
    """What is applied for, by whom and with which papers: each kind of application adds what is asked."""

    def request(self) -> ApplicationRequest:
        """What the clerk entered, as the service takes it."""
        raise NotImplementedError


class AddEvidence(forms.Form):
    """A document that was shown later, with its copy."""

    whose = forms.ChoiceField(label=gettext_lazy("Whose document"), widget=forms.RadioSelect)
    document = forms.ChoiceField(
        label=gettext_lazy("Document"),
        choices=[("", gettext_lazy("Nothing chosen")), *DOCUMENT.items()],
        required=False,
    )
    copy = CopyField(
        label=gettext_lazy("Copy of the document"),
        required=True,
        error_messages={"required": gettext_lazy("Choose the file of the copy.")},
    )

    def __init__(self, proxy: bool, *data: Any) -> None:
        super().__init__(*data)
        known = [(key, label) for key, label in WHOSE.items() if proxy or key == Whose.APPLICANT]
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
        document = MANDATE if whose is Whose.MANDATE else self.cleaned_data["document"]
        return ShownDocument(whose, document, self.cleaned_data["copy"])


class Rejection(forms.Form):
    """Why an application is not accepted; the applicant is told, and it is kept."""

    reason = EntryField(
        "reason",
        label=gettext_lazy("Reason for rejecting it"),
        widget=forms.Textarea(attrs={"rows": 3, "lang": "ja"}),
        help_text=gettext_lazy("It is kept with the application. Up to 200 characters."),
        error_messages={
            "required": gettext_lazy("Enter the reason."),
            "max_length": gettext_lazy("The reason is longer than 200 characters."),
        },
    )
    found_false = forms.BooleanField(
        label=gettext_lazy("Something stated in the application is untrue (a false application)"),
        required=False,
    )
