"""A loss that was reported by telephone: reported at the counter too, or ended by the card that was found."""

from collections.abc import Iterator

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.published.document import Procedure as Published
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.cards.standing import is_held
from honnin.municipality.counter.declaration import (
    OF_RESIDENT,
    Notice,
    Offer,
    Person,
    Place,
    Procedure,
    Remedy,
)
from honnin.municipality.counter.procedures.loss import views


def _offers(person: Person) -> Iterator[Offer | Notice]:
    held, may = is_held(person.state, person.today), person.may
    if person.state.reported_lost:
        context = {"resident": person.resident, "releasable": held, "may": may}
        yield Notice("counter/loss.html", context, urgency=4)
    elif held:
        url = reverse("counter:release", args=[person.resident.public_id])
        release = url if may[CounterAct.RELEASE] else ""
        yield Offer(Place.CERTIFICATES, _("Release the hold"), release, urgency=3)


PROCEDURE = Procedure(
    "loss",
    urls=[
        path(f"{OF_RESIDENT}release/", views.release, name="release"),
        path(f"{OF_RESIDENT}loss/", views.report_loss, name="report_loss"),
    ],
    completes={
        CounterAct.REPORT_LOSS: (Published.REPORT_OF_LOSS, "report_loss"),
        CounterAct.RELEASE: (Published.RELEASE, "release"),
    },
    offers=_offers,
    remedies=[
        Remedy(
            "E_CARD_REPORTED_LOST",
            CounterAct.REPORT_LOSS,
            "counter/close_loss.html",
            page="resident",
            label=gettext_lazy("Open the resident’s page"),
        ),
        Remedy(
            "E_CERT_HELD",
            CounterAct.RELEASE,
            "counter/to_release.html",
            page="release",
            label=gettext_lazy("Release the hold"),
        ),
    ],
)
