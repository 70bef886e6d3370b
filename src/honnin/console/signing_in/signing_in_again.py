"""Pages that need a sign-in, and forms that were sent after the session had ended."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.urls import resolve
from django.utils.translation import gettext as _

from honnin.console.entered import unsent
from honnin.console.entered.typed import is_shown_again, page_of
from honnin.console.error_pages import error_on_page, error_page, log_error
from honnin.errors import NotAllowed

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]


def signed_in_only(page: Page[P]) -> Page[P]:
    """Decorator: whoever has not signed in does so first; what they sent is not lost."""

    @wraps(page)
    def admitted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return page(request, *args, **kwargs)
        return answer(request, "") or redirect_to_login(request.get_full_path())

    return admitted


def answer(request: HttpRequest, why: str, whose: str = "") -> HttpResponse | None:
    """The page of signing in, which carries what was sent; None where there is nothing to carry.

    `whose`: the mark of the account whose session has ended. What another site sent is not carried: somebody
    might take it for their own.
    """
    if request.method != "POST" or not _is_from_here(request):
        return None
    carried = unsent.sealed(request, why, whose)
    if not carried:
        return None
    request.__dict__["carried_unsent"] = carried
    request.__dict__.pop("_messages", None)  # the messages were for the account that was signed in
    request.user, request.method = AnonymousUser(), "GET"
    match = resolve(resolve_url("sign_in"))
    page = match.func(request, *match.args, **match.kwargs)
    page.render()
    return error_on_page(request, NotAllowed("E_SIGNED_OUT"), page)


class _Proof(CsrfViewMiddleware):
    """Checks the CSRF token of a form and returns the reason instead of an error page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


def _is_from_here(request: HttpRequest) -> bool:
    """By the form's token; by the browser's word where the token is of an earlier sign-in."""
    proof = _Proof(lambda _request: HttpResponse())
    return proof.process_view(request, HttpResponse, (), {}) is None or is_of_this_site(request)


def is_of_this_site(request: HttpRequest) -> bool:
    """By the Origin that browsers send with every form, and no script can set."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()


def refusal_of_others(request: HttpRequest) -> HttpResponse | None:
    """What is answered to a form that was drawn for another account than sends it; None for any other."""
    if request.POST.get(unsent.DRAWN_FOR, unsent.mark(request.user)) == unsent.mark(request.user):
        return None
    error = NotAllowed("E_FORM_OTHERS")
    return log_error(request, error, error_page(request, error))


class ShowUnsent:
    """Shows the page whose form was sent in vain, with what was typed. Stands after the messages.

    And refuses a form that was drawn for another account than sends it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Before the view: what it sees is a request that only looks, and brings what was typed."""
        if not request.user.is_authenticated:
            return None
        if (refused := refusal_of_others(request)) is not None:
            return refused
        if request.method == "POST":
            unsent.forget(request)
        found = unsent.kept(request) if request.method == "GET" and unsent.HANDLE in request.GET else None
        if found is None:
            return None
        if is_shown_again(request):  # in another language, with what was typed since
            request.__dict__["unsent"] = found
            return None
        take_back = unsent.fill(request, found)
        page = page_of(request, follows=True)
        if page is None:
            take_back()
        return page


def unsent_context(request: HttpRequest) -> dict[str, object]:
    """Template context: the notice about a form that was sent after its session had ended."""
    found: unsent.Unsent | None = request.__dict__.get("unsent")
    if found is None:
        return {}
    if found.why == "elsewhere":
        title = _("You were signed out while this was being sent")
        sentences = [_("It may have been recorded: look whether it was before you send it once more.")]
    else:
        title = _("You were signed out before this was sent")
        sentences = [_("Nothing was recorded yet. Check what is entered, and send it again.")]
    if found.is_too_long:
        sentences.append(_("What was entered is too long to be kept until then. Enter it again."))
    if found.has_secrets:
        sentences.append(_("PINs and passwords are not kept. Enter them again."))
    if found.has_files:
        sentences.append(_("Files are not kept. Choose them again."))
    return {"unsent_title": title, "unsent_text": "\n".join(sentences)}
