"""What the procedure says of itself; nothing else of the counter knows of it."""

from collections.abc import Iterator

from django.urls import path, reverse

from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from tests.support.procedures.handed_in import views


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:hand_in", args=[person.resident.public_id])
    yield Offer(Place.CARD, "Note a card that was handed in", url if person.may[views.ACT] else "")


PROCEDURE = Procedure(
    "handed_in",
    urls=[
        path("handed-in/", views.list_handed_in, name="list_handed_in"),
        path(f"{OF_RESIDENT}handed-in/", views.hand_in, name="hand_in"),
    ],
    pages={"hand_in": "it comes with a finder", "list_handed_in": "a look"},
    offers=_offers,
    menu=[("list_handed_in", "Cards handed in")],
)
