"""The words for what an application for certificates records."""

from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.municipality.counter.applications.certificates.facts import recorded_form
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.wording import Row


def terms_row(application: Application) -> Row:
    agreed = _("Agreed") if application.terms_accepted else _("Not agreed")
    if application.terms_version:
        version = application.terms_version
        agreed = _("Agreed to version %(version)s") % {"version": version}
        return {"label": _("Terms of use"), "value": agreed, "url": reverse("terms_version", args=[version])}
    return {"label": _("Terms of use"), "value": agreed, "url": reverse("terms_of_use")}


def substitute_rows(application: Application) -> list[Row]:
    name, address = application.resident.name, application.resident.address
    return [
        {"label": _("Name in the certificate"), "value": recorded_form(name, application.recorded_name)},
        {
            "label": _("Address in the certificate"),
            "value": recorded_form(address, application.recorded_address),
        },
    ]
