"""What every page of every role does: a strict content policy, and one table from errors to pages."""

import logging
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from honnin.errors import HonninError, Unavailable, language_of
from honnin.law.wording import say_error

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

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
    "refused": _("This cannot be accepted"),
    "not_allowed": _("You may not do this here"),
    "malformed": _("The request cannot be read"),
    "untrusted": _("This cannot be relied on"),
    "conflict": _("Something has changed in the meantime"),
    "unavailable": _("This cannot be done now"),
    "card_error": _("The card did not do it"),
}

POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)


class ContentSecurityPolicy:
    """Nothing but our own files runs or loads, and no page with personal data is cached."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class ErrorPages:
    """Turns an error of the tree into the page that says cause, next step and whom to call."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DatabaseError):
            logger.error("records unavailable: %s", type(error).__name__)  # the text may hold personal data
            error = Unavailable("E_RECORDS_UNAVAILABLE")
        return error_page(request, error) if isinstance(error, HonninError) else None


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
