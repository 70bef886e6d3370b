"""What is applied for with certificates: to be received, or to be corrected.

The forms say at once what the law's own functions would refuse later; they decide nothing besides.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.counter.eligibility import may_sign
from honnin.law.names.characters import characters_of, needs_substitute, recorded_text_refusals
from honnin.law.terms import Purpose
from honnin.law.terms_of_use import VERSION
from honnin.municipality.counter.applications.amendments.forms import Amended, papers_as_they_stand
from honnin.municipality.counter.applications.facts import channel_of, purposes_of
from honnin.municipality.counter.applications.forms import Arrival, NewRequest, offer_proxies
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.cards.wording import CERTIFICATE, present_certificates
from honnin.municipality.counter.wording import sentence
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import CertificateState


class AskedCertificates(Arrival):
    """What the applicant asks for and agrees to: part of an application for certificates.

    `procedure`: the one that receives it, where certificates are not asked for as such. `present`:
    certificates that the applicant has, which are not asked for unless somebody ticks them.
    """

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to issue"),
        choices=list(CERTIFICATE.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    terms_accepted = forms.BooleanField(
        label=gettext_lazy("The applicant has read the terms of use and accepts them"), required=False
    )
    terms_version = VERSION
    procedure: ClassVar[str] = ""

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
        self.fields["purposes"].help_text = present_certificates(present, on)
        offer_proxies(self, resident, on)
        self.substituted = [name for name in ("name", "address") if needs_substitute(getattr(resident, name))]
        self._add_substitutes()
        if resident.adult_ward:
            self.fields["ward_override"] = forms.BooleanField(
                label=_("I have examined the adult ward in person and find that the signature can be theirs"),
                required=False,
            )

    def details(self) -> Mapping[str, object]:
        """What has no column (`Kind.details`): how it has come, and what the procedure alone asks."""
        return self.arrival()

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


class NewCertificates(AskedCertificates, NewRequest):
    """What the applicant asks for and brought. What is missing is seen at the examination."""

    def request(self) -> ApplicationRequest:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        return ApplicationRequest(
            procedure=self.procedure,
            details=self.details(),
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


class AmendedCertificates(AskedCertificates, Amended):
    """An application for certificates, as it stands."""

    asked_for: ClassVar[Sequence[str]] = ("came_by", "purposes", "ward_override")

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        stands = papers_as_they_stand(application) | {
            "came_by": channel_of(application).value,
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

    def request(self) -> ApplicationRequest:
        """What the application is to say. What the form does not ask for stays as it is."""
        entered, before = self.cleaned_data, self.application
        return ApplicationRequest(
            procedure=self.procedure,
            details=self.details(),
            purposes=frozenset(Purpose(word) for word in entered["purposes"]),
            terms_accepted=entered["terms_accepted"],
            recorded_name=entered.get("recorded_name", before.recorded_name),
            recorded_address=entered.get("recorded_address", before.recorded_address),
            substitutes_accepted=entered.get("substitutes_accepted", before.substitutes_accepted),
            ward_override=entered.get("ward_override", before.ward_override),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )
