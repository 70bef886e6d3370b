"""Certificates that a holder no longer wants, or whose key may be known to others."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import OF_RESIDENT, Offer, Person, Place, Procedure
from honnin.municipality.counter.procedures.revocation import views
from honnin.municipality.counter.procedures.revocation.services import revocable


def _offers(person: Person) -> Iterator[Offer]:
    if revocable(person.state, person.today):
        url = reverse("counter:revoke", args=[person.resident.public_id])
        may = person.may[CounterAct.REVOKE]
        yield Offer(Place.CERTIFICATES, _("Revoke certificates"), url if may else "")


PROCEDURE = Procedure(
    "revocation",
    urls=[
        path(f"{OF_RESIDENT}revoke/", views.revoke, name="revoke"),
        path(
            f"{OF_RESIDENT}revoke/<words:ground>/<words:purposes>/",
            views.confirm_revocation,
            name="confirm_revocation",
        ),
    ],
    completes={CounterAct.REVOKE: (Published.REVOCATION, "confirm_revocation")},
    pages={"revoke": "the question before the revocation"},
    offers=_offers,
)
