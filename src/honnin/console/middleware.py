"""What every page of every role does: a strict content policy, pages for errors, and no memory of secrets."""

from collections.abc import Callable
from io import BytesIO

from django.http import HttpRequest, HttpResponse

from honnin.console.entered.typed import show_again
from honnin.console.error_pages import error_on_page, error_page, log_error, logged_error_page
from honnin.console.secret_fields import secret_field
from honnin.faults import named

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


class ForgetSecrets:
    """PINs and passwords that were sent end with their request.

    Requests and forms refer to each other in circles, which would keep them until somebody looks for these.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sent = request.__dict__.get("_post")  # None where nobody has read it
        secret = [name for name in sent or () if secret_field(name)]
        if sent and secret:
            sent._mutable = True
            for name in secret:
                del sent[name]
            _forget_body(request)
        return response


def _forget_body(request: HttpRequest) -> None:
    """The octets of the form as they came, which Django keeps in the request, and a server in its stream."""
    request.__dict__.update(_body=b"", _stream=BytesIO())
    if "wsgi.input" in request.META:
        request.META["wsgi.input"] = BytesIO()


class ErrorPages:
    """Turns an error into a page that says cause, next step and whom to call, where it has a name: the page
    whose form was sent, with all that was typed, else one of its own.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        fault = named(error)
        if fault is None:
            return None
        request.__dict__.pop("failure", None)  # the error of the page before; this one is newer
        try:
            again = show_again(request, fault)
            if again is not None:
                return error_on_page(request, fault, again)
            return log_error(request, fault, error_page(request, fault))
        except Exception as second:  # what broke may break the page's frame as well
            if named(second) is None:
                raise
            return logged_error_page(request, fault)
