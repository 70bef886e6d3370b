"""Forms with a missing or old CSRF token: nothing is done, and the input is shown again under a new token;
only to the account for which the form was drawn.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from honnin.console.entered import unsent
from honnin.console.entered.typed import show_again
from honnin.console.error_pages import error_on_page, error_page, log_error
from honnin.console.signing_in.signing_in_again import answer, is_of_this_site, refusal_of_others
from honnin.errors import NotAllowed


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 E_FORM_OUTDATED; `reason` is for developers and is not shown.

    Who has signed in meanwhile, in another window, has what the form was for. What another site sent is not
    put into a page: somebody might take it for their own.
    """
    if request.path == resolve_url("sign_in") and request.user.is_authenticated:
        return redirect(unsent.resumed(request) or "start")
    if not request.user.is_authenticated and (signing_in := answer(request, "")):
        return signing_in
    if (refused := refusal_of_others(request)) is not None:
        return refused
    error = NotAllowed("E_FORM_OUTDATED")
    again = show_again(request, error) if is_of_this_site(request) else None
    if again is not None:
        return error_on_page(request, error, again)
    return log_error(request, error, error_page(request, error))
