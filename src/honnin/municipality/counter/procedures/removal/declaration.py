"""A death, or another removal of an entry."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure, Remedy
from honnin.municipality.counter.procedures.removal import views

NOT_FOR_ONESELF = "nobody comes for this on their own account"


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:remove_entry", args=[person.resident.public_id])
    may = person.may[CounterAct.REMOVE_ENTRY]
    yield Offer(Place.REGISTER, _("Record a death or removal"), url if may else "")


PROCEDURE = Procedure(
    "removal",
    urls=[path(f"{OF_RESIDENT}removal/", views.remove_entry, name="remove_entry")],
    acts={CounterAct.REMOVE_ENTRY: NOT_FOR_ONESELF},
    pages={"remove_entry": NOT_FOR_ONESELF},
    offers=_offers,
    remedies=[
        Remedy(
            "E_MOVED_ABROAD",
            CounterAct.REMOVE_ENTRY,
            page="remove_entry",
            label=gettext_lazy("Record a death or removal"),
        )
    ],
)
