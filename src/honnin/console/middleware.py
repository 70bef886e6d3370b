"""What every page of every role does: a strict content policy, and pages for errors."""

import logging
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from honnin.console.error_pages import error_page
from honnin.errors import HonninError, Unavailable

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

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
