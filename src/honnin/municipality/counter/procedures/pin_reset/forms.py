"""Which PINs are to be set again: to be received, or to be corrected."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from honnin.law.cards.pins import PinKind
from honnin.municipality.counter.applications.amendments.forms import Amended, papers_as_they_stand
from honnin.municipality.counter.applications.forms import Arrival, NewRequest, offer_proxies
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.cards.wording import PIN
from honnin.municipality.residents.models import Resident


class AskedPins(Arrival):
    """Which PINs are to be set again: part of such an application."""

    pins = forms.MultipleChoiceField(
        label=gettext_lazy("PINs to reset"),
        choices=list(PIN.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one PIN.")},
    )


class PinReset(AskedPins, NewRequest):
    """Which PINs are to be set again, and for whom."""

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        offer_proxies(self, resident, on)

    def request(self) -> ApplicationRequest:
        """What the clerk entered, as the service takes it."""
        entered = self.cleaned_data
        return ApplicationRequest(
            pins=frozenset(PinKind(word) for word in entered["pins"]),
            details=self.arrival(),
            shown=self.shown(),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AmendedPinReset(AskedPins, Amended):
    """An application to set PINs again, as it stands."""

    asked_for = ("came_by", "pins")

    def __init__(self, application: Application, on: date, *data: Any) -> None:
        stands = papers_as_they_stand(application) | application.details | {"pins": application.pins}
        super().__init__(*data, application=application, initial=stands)
        offer_proxies(self, application.resident, on)

    def request(self) -> ApplicationRequest:
        """What the application is to say."""
        entered = self.cleaned_data
        return ApplicationRequest(
            pins=frozenset(PinKind(word) for word in entered["pins"]),
            details=self.arrival(),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )
