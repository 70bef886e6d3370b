"""What of an application may be corrected, as it stands; and why one is withdrawn."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.amendments import wording as amendment_wording
from honnin.municipality.counter.applications.evidence.copies import papers_of
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.forms import AskedCertificates, AskedPins, offer_proxies
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.applications.services import Wish


class Papers(forms.Form):
    """Who has come, and which of the papers that were shown count."""

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

    def set_aside(self) -> list[str]:
        """The papers that do not count, by their names."""
        counted = self.cleaned_data.get("papers", [])
        return [name for name, _copied in papers_of(self.application) if name not in counted]

    def same(self) -> bool:
        """Whether the proxy is the one who had come before."""
        return bool(self.cleaned_data.get("same_proxy"))


def _papers_as_they_stand(application: Application) -> dict[str, object]:
    return {
        "proxy_kind": application.proxy_kind,
        "proxy_name": application.proxy_name,
        "papers": [name for name, _ in papers_of(application) if name not in application.papers_set_aside],
    }


class AmendedApplication(AskedCertificates, Papers):
    """An application for certificates, as it stands."""

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        stands = _papers_as_they_stand(application) | {
            "purposes": sorted(purposes_of(application)),
            "terms_accepted": application.terms_accepted,
            "substitutes_accepted": application.substitutes_accepted,
            "ward_override": application.ward_override,
        }
        for name in ("recorded_name", "recorded_address"):
            if getattr(application, name):
                stands[name] = getattr(application, name)
        super().__init__(application.resident, on, *data, application=application, initial=stands)

    def leave_out_entry(self) -> None:
        """Ask for no substitutes: the entry in the register is of another town now, and not for every eye."""
        for name in self.substituted:
            del self.fields[f"recorded_{name}"]
        self.substituted = []

    def wish(self) -> Wish:
        """What the application is to say. What the form does not ask for stays as it is."""
        entered, before = self.cleaned_data, self.application
        return Wish(
            purposes=frozenset(Purpose(word) for word in entered["purposes"]),
            terms_accepted=entered["terms_accepted"],
            recorded_name=entered.get("recorded_name", before.recorded_name),
            recorded_address=entered.get("recorded_address", before.recorded_address),
            substitutes_accepted=entered.get("substitutes_accepted", before.substitutes_accepted),
            ward_override=entered.get("ward_override", before.ward_override),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AmendedPinReset(AskedPins, Papers):
    """An application to set PINs again, as it stands."""

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        stands = _papers_as_they_stand(application) | {"pins": application.pins}
        super().__init__(*data, application=application, initial=stands)
        offer_proxies(self, application.resident, on)

    def wish(self) -> Wish:
        """What the application is to say."""
        entered = self.cleaned_data
        return Wish(
            pins=frozenset(PinKind(word) for word in entered["pins"]),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


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
