"""A notice of moving to another municipality."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Notice, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.moving_out import views
from honnin.municipality.counter.wording import day
from honnin.municipality.residents.queries import planned_departures


def _offers(person: Person) -> Iterator[Offer | Notice]:
    planned = planned_departures(person.resident).first()
    if planned is not None:
        if not planned.abroad:
            yield Notice("counter/leaves.html", {"day": day(planned.moved_on)})
        return
    url = reverse("counter:move_out", args=[person.resident.public_id])
    yield Offer(Place.REGISTER, _("Record moving out"), url if person.may[CounterAct.MOVE_OUT] else "")


PROCEDURE = Procedure(
    "moving_out",
    urls=[path(f"{OF_RESIDENT}moving-out/", views.move_out, name="move_out")],
    completes={CounterAct.MOVE_OUT: (Published.MOVING_OUT, "move_out")},
    offers=_offers,
)
