"""A form whose token is missing or old: nothing is done, and what was typed comes again under a new token."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from honnin.console.error_pages import error_page, noted, said_on
from honnin.console.typed import come_again
from honnin.errors import NotAllowed


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 E_FORM_OUTDATED; `reason` is for developers and is not shown.

    Who has signed in meanwhile, in another window, has what the form was for. What another site sent is not
    put into a page: somebody might take it for their own.
    """
    if request.path == resolve_url("sign_in") and request.user.is_authenticated:
        return redirect("start")
    error = NotAllowed("E_FORM_OUTDATED")
    again = come_again(request, error) if _is_of_this_site(request) else None
    if again is not None:
        return said_on(request, error, again)
    return noted(request, error, error_page(request, error))


def _is_of_this_site(request: HttpRequest) -> bool:
    """By the Origin that browsers send with every form, and no script can set."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
