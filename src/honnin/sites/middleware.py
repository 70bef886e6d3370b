"""What every page of every role does: a strict content policy, and one table from errors to pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from honnin.errors import HonninError, explain, language_of

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

POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"


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
        if not isinstance(error, HonninError):
            return None
        language = language_of(get_language())
        entry = explain(error.code, language)
        context = {
            "cause": error.sentence(language),
            "remedy": "",
            "contact": entry.contact,
            "code": error.code,
        }
        return render(request, "honnin/error.html", context, status=HTTP_STATUS[error.kind])
