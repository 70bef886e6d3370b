"""A notice of moving abroad."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Notice, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.moving_abroad import views
from honnin.municipality.counter.wording import day
from honnin.municipality.residents.queries import planned_departures

NOT_IN_THE_TEXTS = "the published texts name no notice of moving abroad"


def _offers(person: Person) -> Iterator[Offer | Notice]:
    planned = planned_departures(person.resident).first()
    if planned is not None:
        if planned.abroad:
            shown = {"day": day(planned.moved_on), "keeps_card": planned.keeps_card}
            yield Notice("counter/leaves_abroad.html", shown)
        return
    url = reverse("counter:move_abroad", args=[person.resident.public_id])
    may = person.may[CounterAct.MOVE_ABROAD]
    yield Offer(Place.REGISTER, _("Record moving abroad"), url if may else "")


PROCEDURE = Procedure(
    "moving_abroad",
    urls=[path(f"{OF_RESIDENT}moving-abroad/", views.move_abroad, name="move_abroad")],
    acts={CounterAct.MOVE_ABROAD: NOT_IN_THE_TEXTS},
    pages={"move_abroad": NOT_IN_THE_TEXTS},
    offers=_offers,
)
