"""Another address, or another writing of it, within the municipality."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.change_address import views


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:change_address", args=[person.resident.public_id])
    may = person.may[CounterAct.CHANGE_ADDRESS]
    yield Offer(Place.REGISTER, _("Record a change of address"), url if may else "")


PROCEDURE = Procedure(
    "change_address",
    urls=[path(f"{OF_RESIDENT}address/", views.change_address, name="change_address")],
    completes={CounterAct.CHANGE_ADDRESS: (Published.CHANGE_OF_ADDRESS, "change_address")},
    offers=_offers,
)
