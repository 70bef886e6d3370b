"""Applications under way that another act overtakes, and what is left to do with each."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.wording import state_of
from honnin.municipality.counter.wording import Row


def pending_row(application: Application, ended: Collection[Purpose]) -> Row:
    """One of them, where an act ends the certificates of some purposes."""
    words = {"state": state_of(application)[0], "left": _left_to_do(application, ended)}
    return {
        "label": application.number,
        "value": _("%(state)s: %(left)s") % words,
        "url": reverse("counter:application", args=[application.number]),
    }


def _left_to_do(application: Application, ended: Collection[Purpose]) -> str:
    left = application.kind.overtaken(application, ended)
    return left or _("It cannot be completed afterwards. Reject or withdraw it then.")
