"""What the procedure says of itself: it receives applications of a kind that nothing else knows."""

from collections.abc import Iterator

from django.urls import path, reverse

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import (
    OF_APPLICATION,
    OF_RESIDENT,
    STEP_OF_APPLICATION,
    Offer,
    Person,
    Place,
    Procedure,
)
from tests.support.procedures.printed import views
from tests.support.procedures.printed.kind import PrintedCopies


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:new_printed", args=[person.resident.public_id])
    yield Offer(Place.CERTIFICATES, "Print copies", url if person.may[CounterAct.RECEIVE] else "")


PROCEDURE = Procedure(
    "printed",
    urls=[
        path(f"{OF_RESIDENT}printed/", views.new_printed, name="new_printed"),
        path(f"{OF_APPLICATION}printed/", views.print_copies, name="print_copies"),
    ],
    completes={PrintedCopies.act: (None, "print_copies")},
    pages={"new_printed": STEP_OF_APPLICATION},
    kind=PrintedCopies(),
    offers=_offers,
)
