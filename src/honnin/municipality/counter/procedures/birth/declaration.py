"""A notice of birth."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.birth import views

NOT_IN_THE_TEXTS = "the published texts name no notice of birth"


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:record_birth", args=[person.resident.public_id])
    may = person.may[CounterAct.RECORD_BIRTH]
    yield Offer(Place.REGISTER, _("Record a birth"), url if may else "")


PROCEDURE = Procedure(
    "birth",
    urls=[path(f"{OF_RESIDENT}birth/", views.record_birth, name="record_birth")],
    acts={CounterAct.RECORD_BIRTH: NOT_IN_THE_TEXTS},
    pages={"record_birth": NOT_IN_THE_TEXTS},
    offers=_offers,
)
