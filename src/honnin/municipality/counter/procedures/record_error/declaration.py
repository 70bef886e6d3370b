"""Certificates that say something untrue: found by a clerk, without anybody asking for it."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.record_error import views


def _offers(person: Person) -> Iterator[Offer]:
    if standing(person.state, person.today):
        url = reverse("counter:record_error", args=[person.resident.public_id])
        may = person.may[CounterAct.RECORD_ERROR]
        yield Offer(Place.CERTIFICATES, _("Record an error in a certificate"), url if may else "")


PROCEDURE = Procedure(
    "record_error",
    urls=[
        path(f"{OF_RESIDENT}record-error/", views.record_error, name="record_error"),
        path(
            f"{OF_RESIDENT}record-error/<words:item>/",
            views.confirm_record_error,
            name="confirm_record_error",
        ),
    ],
    completes={CounterAct.RECORD_ERROR: (None, "confirm_record_error")},
    pages={"record_error": "the question before the error is recorded"},
    offers=_offers,
)
