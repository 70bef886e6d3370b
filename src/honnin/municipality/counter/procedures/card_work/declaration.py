"""A card that was handed out: brought up to date, cleared of lapsed certificates, taken back."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext_lazy

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.cards.standing import has_card, has_valid_card
from honnin.municipality.counter.declaration import (
    OF_RESIDENT,
    Notice,
    Offer,
    Person,
    Place,
    Procedure,
    Remedy,
)
from honnin.municipality.counter.procedures.card_work import views


def _offers(person: Person) -> Iterator[Offer | Notice]:
    valid, outdated = has_valid_card(person.state, person.today), person.resident.card_outdated
    if valid and outdated:
        yield Notice("counter/card_outdated.html", {"url": _url(person, "update")}, urgency=2)
    if valid and not outdated:
        yield _offer(person, "update")
    if has_card(person.state):
        yield _offer(person, "clear")
        yield _offer(person, "end")


def _offer(person: Person, name: str) -> Offer:
    return Offer(Place.CARD, views.PAGES[name].title, _url(person, name))


def _url(person: Person, name: str) -> str:
    """Where it is done; empty where the clerk may not."""
    url = reverse("counter:card_work", args=[person.resident.public_id, name])
    return url if person.may[views.PAGES[name].kind] else ""


PROCEDURE = Procedure(
    "card_work",
    urls=[path(f"{OF_RESIDENT}card/<words:name>/", views.work, name="card_work")],
    completes={
        CounterAct.UPDATE_CARD: (Published.CARD_UPDATE, "card_work"),
        CounterAct.TAKE_CARD_BACK: (Published.CARD_TAKEN_BACK, "card_work"),
    },
    acts={CounterAct.CLEAR_CARD: "goes with an update of the card"},
    offers=_offers,
    remedies=[
        Remedy(
            "E_CARD_OUTDATED",
            CounterAct.UPDATE_CARD,
            "counter/to_card_update.html",
            page="card_work",
            label=gettext_lazy("Update the name and address on the card"),
            words=("update",),
        )
    ],
)
