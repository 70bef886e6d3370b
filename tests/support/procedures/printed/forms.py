"""How many copies, and for whom: to be received, or to be corrected."""

from datetime import date
from typing import Any

from django import forms

from honnin.municipality.counter.applications.amendments.forms import Amended, papers_as_they_stand
from honnin.municipality.counter.applications.forms import NewRequest, offer_proxies
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.residents.models import Resident


class AskedCopies(forms.Form):
    copies = forms.IntegerField(min_value=1, max_value=9)
    addressee = forms.CharField(max_length=40)

    def details(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in ("copies", "addressee")}


class NewCopies(AskedCopies, NewRequest):
    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        offer_proxies(self, resident, on)

    def request(self) -> ApplicationRequest:
        entered = self.cleaned_data
        return ApplicationRequest(
            procedure="printed",
            details=self.details(),
            shown=self.shown(),
            proxy_kind=entered["proxy_kind"],
            proxy_name=entered["proxy_name"],
        )


class AmendedCopies(AskedCopies, Amended):
    asked_for = ("copies", "addressee")

    def __init__(self, application: Application, *data: Any) -> None:
        stands = papers_as_they_stand(application) | application.details
        super().__init__(*data, application=application, initial=stands)

    def request(self) -> ApplicationRequest:
        return ApplicationRequest(procedure="printed", details=self.details())
