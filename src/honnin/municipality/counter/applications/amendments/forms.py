"""What of an application may be corrected, as it stands; and why one is withdrawn."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.forms import EntryField, let_stand
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.amendments import wording as amendment_wording
from honnin.municipality.counter.applications.evidence.copies import papers_of
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.applications.request import ApplicationRequest


class Amended(forms.Form):
    """Who has come, and which of the papers that were shown count: part of every correction.

    `asked_for` names the fields of what is applied for, which each kind of application adds.
    """

    asked_for: ClassVar[Sequence[str]] = ()

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
    same_proxy = forms.BooleanField(
        label=gettext_lazy("The same proxy came: kind or name had been entered wrongly"),
        help_text=gettext_lazy("Otherwise the documents of the former proxy no longer count."),
        required=False,
    )
    papers = forms.MultipleChoiceField(
        label=gettext_lazy("Documents that count"),
        help_text=gettext_lazy("Untick what was entered by mistake. Its copy is kept, but no longer counts."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *data: Any, application: Application, **options: Any) -> None:
        super().__init__(*data, **options)
        self.application = application
        let_stand(self, application)
        known = papers_of(application)
        field = self.fields["papers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, amendment_wording.paper(name, copied)) for name, copied in known]
        if not known:
            del self.fields["papers"]
        if not application.proxy_kind:
            del self.fields["same_proxy"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("proxy_kind") and not cleaned.get("proxy_name"):
            self.add_error("proxy_name", _("Enter the name of the proxy."))
        if cleaned.get("proxy_name") and not cleaned.get("proxy_kind"):
            self.add_error("proxy_kind", _("Choose what kind of proxy has come."))
        return cleaned

    def request(self) -> ApplicationRequest:
        """What the application is to say."""
        raise NotImplementedError

    def asked_fields(self) -> list[forms.BoundField]:
        """What is applied for, as far as it is asked of this person."""
        return [self[name] for name in self.asked_for if name in self.fields]

    def set_aside(self) -> list[str]:
        """The papers that do not count, by their names."""
        counted = self.cleaned_data.get("papers", [])
        return [name for name, _copied in papers_of(self.application) if name not in counted]

    def same(self) -> bool:
        """Whether the proxy is the one who had come before."""
        return bool(self.cleaned_data.get("same_proxy"))


def papers_as_they_stand(application: Application) -> dict[str, object]:
    return {
        "proxy_kind": application.proxy_kind,
        "proxy_name": application.proxy_name,
        "papers": [name for name, _ in papers_of(application) if name not in application.papers_set_aside],
    }


class Withdrawal(forms.Form):
    """Why an application is taken back."""

    because = forms.ChoiceField(
        label=gettext_lazy("Why it is withdrawn"),
        choices=list(wording.WITHDRAWN_BECAUSE.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why it is withdrawn.")},
    )

    def chosen(self) -> WhyWithdrawn:
        return WhyWithdrawn(self.cleaned_data["because"])
