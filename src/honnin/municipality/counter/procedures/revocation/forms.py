"""Which certificates are to be revoked, why, and who came with what: to be received, or to be corrected."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from honnin.law.counter.identity import ProxyKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.amendments.forms import Amended, papers_as_they_stand
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.forms import Arrival, NewRequest, offer_proxies
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.cards.wording import CERTIFICATE
from honnin.municipality.counter.procedures.revocation.wording import WHY
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


class AskedRevocation(Arrival):
    """What is applied for, and why: part of the form of one that is received, and of its correction.

    Nothing is ticked beforehand: what is revoked never comes back.
    """

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Certificates to revoke"),
        choices=list(CERTIFICATE.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one certificate.")},
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Reason for the revocation"),
        choices=list(WHY.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the reason.")},
    )
    form_received = forms.BooleanField(
        label=gettext_lazy("The application form is here, filled in and signed"), required=False
    )

    def offer(self, resident: Resident, on: date) -> None:
        """Let only those proxies be chosen that there can be here: nobody comes with a moving notice."""
        offer_proxies(self, resident, on)
        field = self.fields["proxy_kind"]
        assert isinstance(field, forms.ChoiceField)
        widget_choices = list(field.widget.choices)
        field.choices = [each for each in widget_choices if each[0] != ProxyKind.HOUSEHOLD_MEMBER]

    def asked(self, **shown: Any) -> ApplicationRequest:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        return ApplicationRequest(
            procedure="revocation",
            purposes=frozenset(Purpose(word) for word in entered["purposes"]),
            details={**self.arrival(), **{name: entered[name] for name in ("why", "form_received")}},
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
            **shown,
        )


class NewRevocation(AskedRevocation, NewRequest):
    """An application for a revocation, to be received."""

    def __init__(self, resident: Resident, on: date, *data: Any, state: PersonState) -> None:
        super().__init__(*data)
        self.offer(resident, on)
        present = standing(state, on) or Purpose
        field = self.fields["purposes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(each, CERTIFICATE[each]) for each in Purpose if each in present]

    def request(self) -> ApplicationRequest:
        return self.asked(shown=self.shown())


class AmendedRevocation(AskedRevocation, Amended):
    """An application for a revocation, as it stands."""

    asked_for: ClassVar = ("came_by", "purposes", "why", "form_received")

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        stands = papers_as_they_stand(application) | application.details
        stands["purposes"] = sorted(purposes_of(application))
        super().__init__(*data, application=application, initial=stands)
        self.offer(application.resident, on)

    def request(self) -> ApplicationRequest:
        """What the application is to say."""
        return self.asked()
