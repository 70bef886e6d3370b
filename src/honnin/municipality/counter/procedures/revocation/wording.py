"""The words for what an application for a revocation records, and for what it revoked."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.clock import day_in_japan
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.wording import EXAMINATION, RECEIPT, citizen_rows, steps
from honnin.municipality.counter.cards.wording import CERTIFICATE
from honnin.municipality.counter.procedures.revocation.facts import why_of
from honnin.municipality.counter.wording import Row, day

WHY = {
    WhyRevoked.STOPS_USING: gettext_lazy("The holder no longer wants to use it"),
    WhyRevoked.CARD_HANDED_IN: gettext_lazy("The holder hands the card in"),
    WhyRevoked.CARD_LOST: gettext_lazy("The card is lost or stolen, and others may use it"),
    WhyRevoked.KEY_KNOWN: gettext_lazy("Leakage: others know the key or the PIN, or may know it"),
    WhyRevoked.KEY_GONE: gettext_lazy(
        "Loss: the key is gone for good, as when the card burnt or its chip was cleared"
    ),
    WhyRevoked.KEY_DAMAGED: gettext_lazy("Damage: the key or the chip is broken and cannot be used"),
}
OWN_STEPS = (gettext_lazy("Revocation"), gettext_lazy("Receipt"))
REVOKING = EXAMINATION + 1
DONE = RECEIPT + 1


def why(value: str) -> object:
    return WHY[WhyRevoked(value)] if value else "–"


def here(value: object) -> str:
    return _("Here, signed") if value else _("Not here")


def steps_of_revocation(current: int) -> list[dict[str, object]]:
    return steps(current, own=OWN_STEPS)


def names(application: Application) -> str:
    """The certificates that it names."""
    named = purposes_of(application)
    return _(", ").join(str(CERTIFICATE[purpose]) for purpose in Purpose if purpose in named)


def form_rows(application: Application) -> list[Row]:
    """Why, and whether the signed form is here."""
    return [
        {"label": _("Reason for the revocation"), "value": why(why_of(application) or "")},
        {"label": _("Application form"), "value": here(application.details.get("form_received"))},
    ]


def receipt_rows(application: Application) -> list[Row]:
    """What the receipt says of the application."""
    place, done = application.municipality, application.handed_over_at
    return [
        {"label": _("Application number"), "value": application.number},
        *citizen_rows(application),
        {"label": _("Reason for the revocation"), "value": why(why_of(application) or "")},
        {
            "label": _("Counter that received it"),
            "value": f"{place.prefecture}{place.name} {application.received_by.counter_name}",
        },
        {"label": _("Day of the revocation"), "value": day(day_in_japan(done)) if done else "–"},
    ]


def revoked(application: Application) -> list[dict[str, object]]:
    """The certificates that it ended."""
    return [
        {"name": CERTIFICATE[Purpose(each["purpose"])], "serial_number": each["serial_number"]}
        for each in application.outcome
    ]
