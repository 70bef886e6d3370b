"""Certificates that are about to expire, renewed on the present card."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal import renewable
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
from honnin.municipality.counter.procedures.renewal import due, inquiries, proving_view, views, waiting
from honnin.municipality.counter.procedures.renewal.facts import present_certificates
from honnin.municipality.counter.procedures.renewal.kind import Renewal


def _offers(person: Person) -> Iterator[Offer]:
    due = renewable(present_certificates(person.state, person.today), person.today)
    if due and not person.underway:
        url = reverse("counter:new_renewal", args=[person.resident.public_id])
        may = person.may[CounterAct.RECEIVE]
        yield Offer(Place.CERTIFICATES, _("Renew certificates"), url if may else "", urgency=2)


PROCEDURE = Procedure(
    "renewal",
    urls=[
        path("renewals-due/", due.renewals_due, name="renewals_due"),
        path("envelopes/", waiting.envelopes, name="envelopes"),
        path("inquiries/", inquiries.inquiries, name="inquiries"),
        path(f"{OF_RESIDENT}new-renewal/", views.new_renewal, name="new_renewal"),
        path(f"{OF_APPLICATION}prove-pins/", proving_view.prove_pins, name="prove_pins"),
        path(f"{OF_APPLICATION}renew/", views.renew, name="renew"),
        path(f"{OF_APPLICATION}envelope/", views.open_envelope, name="open_envelope"),
        path(f"{OF_APPLICATION}inquiry/", views.order_inquiry, name="order_inquiry"),
        path(f"{OF_APPLICATION}inquiry/answer/", views.note_answer, name="note_answer"),
        path(f"{OF_APPLICATION}renewal-receipt/", views.renewal_receipt, name="renewal_receipt"),
    ],
    completes={CounterAct.RENEW: (Published.RENEWAL, "renew")},
    acts={CounterAct.PROVE_PINS: STEP_OF_APPLICATION},
    pages={
        "new_renewal": STEP_OF_APPLICATION,
        "prove_pins": STEP_OF_APPLICATION,
        "open_envelope": STEP_OF_APPLICATION,
        "order_inquiry": STEP_OF_APPLICATION,
        "note_answer": STEP_OF_APPLICATION,
        "renewal_receipt": LOOK,
        **dict.fromkeys(("renewals_due", "envelopes", "inquiries"), LOOK),
    },
    menu=[
        ("renewals_due", gettext_lazy("Residents due for renewal")),
        ("envelopes", gettext_lazy("Envelopes with inquiry forms")),
        ("inquiries", gettext_lazy("Document inquiries")),
    ],
    kind=Renewal(),
    offers=_offers,
)
