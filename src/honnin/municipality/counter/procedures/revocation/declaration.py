"""Certificates that a holder no longer wants, or whose key may be known to others."""

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
from honnin.municipality.counter.procedures.revocation import views
from honnin.municipality.counter.procedures.revocation.kind import Revocation
from honnin.municipality.counter.procedures.revocation.services import revocable


def _offers(person: Person) -> Iterator[Offer]:
    if revocable(person.state, person.today):
        url = reverse("counter:new_revocation", args=[person.resident.public_id])
        may = person.may[CounterAct.RECEIVE]
        yield Offer(Place.CERTIFICATES, _("Revoke certificates"), url if may else "")


PROCEDURE = Procedure(
    "revocation",
    urls=[
        path(f"{OF_RESIDENT}new-revocation/", views.new_revocation, name="new_revocation"),
        path(f"{OF_APPLICATION}revoke/", views.revoke, name="revoke"),
        path(f"{OF_APPLICATION}revocation-receipt/", views.revocation_receipt, name="revocation_receipt"),
    ],
    completes={CounterAct.REVOKE: (Published.REVOCATION, "revoke")},
    pages={"new_revocation": STEP_OF_APPLICATION, "revocation_receipt": LOOK},
    kind=Revocation(),
    offers=_offers,
)
