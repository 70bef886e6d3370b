"""A change of the entry beside the address."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.change_entry import views

NOT_IN_THE_TEXTS = "the published texts tell of the certificates that it ends, and not of the notice"


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:change_entry", args=[person.resident.public_id])
    may = person.may[CounterAct.CHANGE_ENTRY]
    yield Offer(Place.REGISTER, _("Record a change of name or a correction"), url if may else "")


PROCEDURE = Procedure(
    "change_entry",
    urls=[path(f"{OF_RESIDENT}entry/", views.change_entry, name="change_entry")],
    acts={CounterAct.CHANGE_ENTRY: NOT_IN_THE_TEXTS},
    pages={"change_entry": NOT_IN_THE_TEXTS},
    offers=_offers,
)
