"""Error pages: one table from errors to pages, also for what Django itself refuses.

Each error is logged in one line, by its code and the name of the page's route.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_request, gettext_lazy, override
from django.utils.translation import gettext as _

from honnin.console.failures import FIELD, sealed
from honnin.console.log.lines import route_of
from honnin.console.readers import reader_of
from honnin.console.secret_fields import secret_field
from honnin.errors import HonninError, Malformed, NotAllowed, language_of
from honnin.faults import named
from honnin.law.wording import ErrorText, explain_error

logger = logging.getLogger(__name__)
_OWN = ("csrfmiddlewaretoken", "drawn_for", "form_id", "switch_language", "error_page", FIELD)

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
    "card_error": gettext_lazy("The card could not do this"),
}


def error_page(request: HttpRequest, error: HonninError) -> HttpResponse:
    """The page of an error, with the HTTP status of its kind."""
    texts = explain_error(error, language_of(get_language()), reader_of(request))
    status = HTTP_STATUS[error.kind]
    if error.kind == "refused":
        context = {"title": TITLE[error.kind], "refusals": texts, "back_url": way_back(request)}
        context |= _carried(request, error)
        return render(request, "honnin/refused.html", context, status=status)
    context = _error_context(request, texts[0], error) | _carried(request, error)
    return _timed(render(request, "honnin/error.html", context, status=status), error)


def _carried(request: HttpRequest, error: HonninError) -> dict[str, object]:
    """What was sent is not sent again for another language: the page carries its error itself, and what was
    typed on the page before, to which it leads back with that.
    """
    if request.method != "POST":
        return {}
    has_way_back = not isinstance(error, NotAllowed)  # who may not act has no page to lead to
    return {"carried_error": sealed(error), "typed": list(typed_fields(request)) if has_way_back else []}


def typed_fields(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """The fields that were sent, without secrets and without what buttons and pages send themselves."""
    for name, values in request.POST.lists():
        if not own_field(name) and not secret_field(name):
            yield from ((name, str(value)) for value in values if value)


def own_field(name: str) -> bool:
    """Whether a field is what pages and their buttons send themselves, and nobody typed it."""
    return name in _OWN


def error_on_page(request: HttpRequest, error: HonninError, page: HttpResponse) -> HttpResponse:
    """A page that shows an error itself: sets the HTTP status of its kind and logs it."""
    page.status_code = HTTP_STATUS[error.kind]
    return log_error(request, error, _timed(page, error))


def bare_error_page(
    request: HttpRequest, error: HonninError, *, status: int, leads_back: bool = True
) -> HttpResponse:
    """The error page without a session, for errors before the request is read: it queries no database.

    Without `leads_back` it has no link to the form that was sent: the link would open it empty, while the
    browser's own way back brings it as it was filled in.
    """
    with override(get_language_from_request(request)):
        reason = explain_error(error, language_of(get_language()), reader_of(request))[0]
        context = _error_context(request, reason, error) | ({} if leads_back else {"back_url": ""})
        page = render_to_string("honnin/error.html", context)
        return _timed(HttpResponse(page, status=status), error)


def way_back(request: HttpRequest) -> str:
    """Where the person was before, to put something right there; "" where nobody knows.

    A form is sent to its own page or to an act that leads to a page: either can be looked at again.
    """
    came_from = urlsplit(request.headers.get("Referer", ""))
    page = urlunsplit(("", "", came_from.path, came_from.query, ""))
    with suppress(DisallowedHost):
        if came_from.netloc == request.get_host() and url_has_allowed_host_and_scheme(page, None):
            return page if request.method == "POST" or page != request.get_full_path() else ""
    return request.path if request.method == "POST" else ""


def _error_context(request: HttpRequest, reason: ErrorText, error: HonninError) -> dict[str, object]:
    return {
        "back_url": way_back(request),
        "title": TITLE[error.kind],
        "cause": reason.cause,
        "remedy": reason.remedy,
        "contact": reason.contact,
        "code": reason.code,
    }


def _timed(response: HttpResponse, error: HonninError) -> HttpResponse:
    if "retry_after" in error.context:
        response.headers["Retry-After"] = str(error.context["retry_after"])
    return response


def logged_error_page(request: HttpRequest, error: HonninError, *, level: int | None = None) -> HttpResponse:
    """The bare error page of an error, which is logged."""
    page = bare_error_page(request, error, status=HTTP_STATUS[error.kind])
    return log_error(request, error, page, level=level)


def log_error(
    request: HttpRequest,
    error: HonninError,
    response: HttpResponse,
    *,
    level: int | None = None,
    about: str = "",
) -> HttpResponse:
    """Log an error once: as an error where something cannot be done now, as a warning where it was refused;
    or as `level` says, for what any stranger can cause. `about` is an opaque id, with its noun.
    """
    if level is None:
        level = logging.ERROR if error.kind == "unavailable" else logging.WARNING
    subject = f", {about}" if about else ""
    values = (response.status_code, error.code, subject)
    logger.log(level, "%d %s%s", *values, extra={"route": route_of(request)})
    vars(response)["_has_been_logged"] = True  # or the framework would write the address
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    context = {
        "title": _("There is no such page"),
        "back_url": way_back(request),
        "cause": _("There is nothing at this address."),
        "remedy": _("Go back to the start page and look for it from there."),
    }
    return render(request, "honnin/error.html", context, status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 for what Django itself refuses."""
    return render(
        request,
        "honnin/error.html",
        {"title": _("You may not do this here"), "back_url": way_back(request)},
        status=403,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself cannot read, or under a name that is not served."""
    if isinstance(exception, DisallowedHost):
        return bare_error_page(request, Malformed("E_HOST_UNKNOWN"), status=400)
    return render(request, "honnin/error.html", {"title": _("The request cannot be read")}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 for a fault that has a name, else 500; drawn without a database: it may be what broke."""
    error = sys.exc_info()[1]
    fault = named(error) if error is not None else None
    if fault is not None:
        return bare_error_page(request, fault, status=HTTP_STATUS[fault.kind])
    return HttpResponse(render_to_string("honnin/error.html", {"back_url": way_back(request)}), status=500)
