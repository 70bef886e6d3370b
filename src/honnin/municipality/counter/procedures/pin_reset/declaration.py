"""PINs that were forgotten or blocked, set again."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.cards.standing import has_valid_card
from honnin.municipality.counter.declaration import (
    OF_APPLICATION,
    OF_RESIDENT,
    STEP_OF_APPLICATION,
    Offer,
    Person,
    Place,
    Procedure,
    Remedy,
)
from honnin.municipality.counter.procedures.pin_reset import views
from honnin.municipality.counter.procedures.pin_reset.kind import Pins


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:new_pin_reset", args=[person.resident.public_id])
    if has_valid_card(person.state, person.today) and not person.underway:
        yield Offer(Place.CARD, _("Reset PINs"), url if person.may[CounterAct.RECEIVE] else "")


PROCEDURE = Procedure(
    "pin_reset",
    urls=[
        path(f"{OF_RESIDENT}new-pin-reset/", views.new_pin_reset, name="new_pin_reset"),
        path(f"{OF_APPLICATION}pins/", views.set_pins, name="set_pins"),
    ],
    completes={CounterAct.SET_PINS: (Published.PIN_RESET, "set_pins")},
    pages={"new_pin_reset": STEP_OF_APPLICATION},
    kind=Pins(),
    offers=_offers,
    remedies=[
        Remedy(code, CounterAct.RECEIVE, page="new_pin_reset", label=gettext_lazy("Reset PINs"))
        for code in ("E_PIN_LOCKED", "E_PIN_LAST_TRY")
    ],
)
