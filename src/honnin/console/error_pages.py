"""The pages for what goes wrong: one table from errors to pages, and what Django itself refuses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_from_request, gettext_lazy, override
from django.utils.translation import gettext as _

from honnin.errors import HonninError, language_of
from honnin.law.wording import say_error

HTTP_STATUS: dict[str, int] = {
    "refused": 422,
    "not_allowed": 403,
    "malformed": 400,
    "untrusted": 403,
    "conflict": 409,
    "unavailable": 503,
    "card_error": 409,
}
TITLE = {
    "refused": gettext_lazy("This cannot be accepted"),
    "not_allowed": gettext_lazy("You may not do this here"),
    "malformed": gettext_lazy("The request cannot be read"),
    "untrusted": gettext_lazy("This cannot be relied on"),
    "conflict": gettext_lazy("Something has changed in the meantime"),
    "unavailable": gettext_lazy("This cannot be done now"),
    "card_error": gettext_lazy("The card did not do it"),
}


def error_page(request: HttpRequest, error: HonninError) -> HttpResponse:
    """The page of an error, with the HTTP status of its kind."""
    said = say_error(error, language_of(get_language()))
    status = HTTP_STATUS[error.kind]
    if error.kind == "refused":
        context = {"title": TITLE[error.kind], "refusals": said}
        return render(request, "honnin/refused.html", context, status=status)
    reason = said[0]
    context = {
        "title": TITLE[error.kind],
        "cause": reason.cause,
        "remedy": reason.remedy,
        "contact": reason.contact,
        "code": reason.code,
    }
    return render(request, "honnin/error.html", context, status=status)


def bare_error_page(request: HttpRequest, error: HonninError, *, status: int) -> HttpResponse:
    """The page of an error that is said before the request was read: it asks no database who is there."""
    with override(get_language_from_request(request)):
        reason = say_error(error, language_of(get_language()))[0]
        context = {
            "title": TITLE[error.kind],
            "cause": reason.cause,
            "remedy": reason.remedy,
            "contact": reason.contact,
            "code": reason.code,
        }
        return HttpResponse(render_to_string("honnin/error.html", context), status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    context = {
        "title": _("There is no such page"),
        "cause": _("Nothing stands under this address."),
        "remedy": _("Go back to the start page and look for it from there."),
    }
    return render(request, "honnin/error.html", context, status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 for what Django itself refuses."""
    return render(request, "honnin/error.html", {"title": _("You may not do this here")}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself cannot read."""
    return render(request, "honnin/error.html", {"title": _("The request cannot be read")}, status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old; `reason` is for developers and is not shown."""
    context = {
        "title": _("The form is no longer valid"),
        "cause": _("The form was opened too long ago, or cookies are switched off. Nothing was changed."),
        "remedy": _("Go back, load the page again and send the form once more."),
    }
    return render(request, "honnin/error.html", context, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without the request: whatever broke may break the frame as well."""
    return HttpResponse(render_to_string("honnin/error.html"), status=500)
