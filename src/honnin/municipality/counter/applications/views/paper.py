"""The form of an application on paper, for whoever comes without one: printed here, filled in and signed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.errors import Refusal, Refused
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.terms_of_use import HIGHEST_FINE_YEN, LONGEST_IMPRISONMENT_YEARS
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident
from honnin.municipality.counter.declaration import registered
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import Row, person_rows
from honnin.municipality.residents.models import Resident

_OF_THE_ENTRY = 5
"""So many rows of a person stand on a form: the name, how it is read, date of birth, sex and address."""


@cites("S0-14b", "S3-15")
@for_clerks
def paper_form(request: HttpRequest, clerk: Clerk, public_id: str, procedure: str) -> HttpResponse:
    """The prescribed form of one procedure, with what the register says. Raises as `looked_at_resident`, and
    Refused E_PROCEDURE_NOT_OFFERED where none receives such applications.
    """
    kind = next((each.kind for each in registered() if each.kind and each.name == procedure), None)
    person = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    if kind is None:
        raise Refused(Refusal("E_PROCEDURE_NOT_OFFERED"))
    context = {
        "resident": person,
        "about": person.name,
        "title": kind.paper,
        "person": [_addressee(person), *person_rows(person)[:_OF_THE_ENTRY]],
        "choices": kind.paper_choices(),
        "agrees": kind.paper_agrees,
        "applicant": _blank(_("Date of the application"), _("Signature of the applicant"), _("Telephone")),
        "proxy": _blank(_("Name of the proxy"), _("Address of the proxy"), _("Signature of the proxy")),
        "imprisonment": LONGEST_IMPRISONMENT_YEARS,
        "fine": f"{HIGHEST_FINE_YEN:,}",
        "back_url": reverse(f"counter:{kind.form_page}", args=[public_id]),
    }
    return render(request, "counter/paper_form.html", context)


def _addressee(person: Resident) -> Row:
    mayor = _("The mayor of %(municipality)s") % {"municipality": person.municipality.written()}
    return {"label": _("Addressed to"), "value": mayor}


def _blank(*labels: str) -> list[Row]:
    """Lines to be filled in by hand."""
    return [{"label": label, "value": "\N{NO-BREAK SPACE}"} for label in labels]
