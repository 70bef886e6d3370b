"""Certificates: applied for, issued onto a card, handed over."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import (
    LOOK,
    OF_APPLICATION,
    OF_RESIDENT,
    STEP_OF_APPLICATION,
    Offer,
    Person,
    Place,
    Procedure,
)
from honnin.municipality.counter.procedures.issuing import views
from honnin.municipality.counter.procedures.issuing.kind import Certificates


def _offers(person: Person) -> Iterator[Offer]:
    url = reverse("counter:new_application", args=[person.resident.public_id])
    if not person.underway:
        may = person.may[CounterAct.RECEIVE]
        yield Offer(Place.REGISTER, _("New application"), url if may else "", urgency=1)


PROCEDURE = Procedure(
    "issuing",
    urls=[
        path(f"{OF_RESIDENT}new-application/", views.new_application, name="new_application"),
        path(f"{OF_APPLICATION}issue/", views.issue, name="issue"),
        path(f"{OF_APPLICATION}receipt/", views.receipt, name="receipt"),
        path(f"{OF_APPLICATION}hand-over/", views.hand_over, name="hand_over"),
    ],
    completes={CounterAct.ISSUE: (Published.ISSUE, "issue")},
    acts={CounterAct.HAND_OVER: STEP_OF_APPLICATION},
    pages={
        "new_application": STEP_OF_APPLICATION,
        "hand_over": STEP_OF_APPLICATION,
        "receipt": LOOK,
    },
    kind=Certificates(),
    offers=_offers,
)
