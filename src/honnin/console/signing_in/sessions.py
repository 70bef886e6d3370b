"""How long somebody stays signed in: fifteen minutes without a request, eight hours in all.

Both are counted by the installation's clock; what the framework's own session expiry says (eight hours, by
the machine's clock) comes beside it and lets old rows be cleared. Who is sent to sign in again is told why,
and comes back to the page they were at, with what they had sent from it. An account that is no longer in use
loses its session with the next request.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from honnin.console.account_name import account_name
from honnin.console.entered import unsent
from honnin.console.instants import instant
from honnin.console.signing_in import sign_in_log
from honnin.console.signing_in.signing_in_again import answer

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
SLACK = timedelta(seconds=30)
"""How exactly a request is remembered: not each of them is worth a write."""

EARLIER_BACKEND = "honnin.console.hashing.StaffAccounts"
"""How sessions that began under an earlier version name what looked at the password: its module has moved."""

_SIGNED_IN_AT, _SEEN_AT = "signed_in_at", "seen_at"
Answer = Callable[[HttpRequest], HttpResponse]


def begin(request: HttpRequest) -> None:
    """Note in a new session that it begins now."""
    request.session[_SIGNED_IN_AT] = request.session[_SEEN_AT] = instant(request).timestamp()


def begin_at_sign_in(*, request: HttpRequest, **_signal: Any) -> None:
    """For the framework's signal that somebody has signed in."""
    begin(request)


def name_backend(session: SessionBase) -> None:
    """Let a session that an earlier version began last: the framework takes the present name alone."""
    if session.get(BACKEND_SESSION_KEY) == EARLIER_BACKEND:
        [session[BACKEND_SESSION_KEY]] = settings.AUTHENTICATION_BACKENDS


def why_ended(request: HttpRequest) -> str:
    """ "account", "clock", "day" or "idle" when this session has come to its end; "" while it lasts, or
    without one.

    A clock that was set back by more than IDLE ends it as well: nobody knows how old it is.
    """
    if SESSION_KEY not in request.session:
        return ""
    user, now = request.user, instant(request).timestamp()
    if not user.is_authenticated or user.get_username() != account_name(user.get_username()):
        return "account"
    age, idle = now - request.session.get(_SIGNED_IN_AT, 0), now - request.session.get(_SEEN_AT, 0)
    if min(age, idle) <= -IDLE.total_seconds():
        return "clock"
    if age >= LONGEST.total_seconds():
        return "day"
    return "idle" if idle >= IDLE.total_seconds() else ""


class Sessions(SessionMiddleware):
    """The framework's sessions; one that was ended in another window meanwhile is said to be so."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            whose = unsent.mark(request.user)
            again = (
                answer(request, "elsewhere", whose) if settings.CSRF_COOKIE_NAME in request.COOKIES else None
            )
            return again or _sign_in_page("elsewhere", _where(request))


class SessionEnds:
    """Ends sessions that have come to their end. Needs `Sessions` and the framework's authentication before
    it.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name_backend(request.session)
        whose = unsent.whose_session(request) if request.method == "POST" else ""
        why = why_ended(request)
        if why:
            if request.user.is_authenticated:
                sign_in_log.ended(request, request.user.get_username(), why)
            request.session.flush()
            request.user = AnonymousUser()
            if request.path != resolve_url(settings.LOGIN_URL):
                again = None if leads_nowhere(request.path) else answer(request, why, whose)
                return again or _sign_in_page(why, _where(request))
        elif SESSION_KEY in request.session:
            self._note(request, instant(request).timestamp())
        return self.get_response(request)

    def _note(self, request: HttpRequest, now: float) -> None:
        ahead = request.session[_SEEN_AT] - now
        if abs(ahead) >= SLACK.total_seconds():
            request.session[_SEEN_AT] = now
            # A clock that was set back by minutes makes the day no longer.
            request.session[_SIGNED_IN_AT] -= max(0.0, ahead)


def leads_nowhere(address: str) -> bool:
    """Whether an address of this site is no page to come back to: that of signing in, or of signing out."""
    path = unquote(urlsplit(address).path)
    return path in (resolve_url(settings.LOGIN_URL), resolve_url("sign_out"), resolve_url("set_language"))


def _where(request: HttpRequest) -> str:
    """The page the person was at: a page can be looked at again, an act is not done again."""
    where = request.get_full_path()
    if request.method not in ("GET", "HEAD"):
        came_from = urlsplit(request.headers.get("Referer", ""))
        where = came_from.path if came_from.netloc == request.get_host() else ""
    return "" if leads_nowhere(where) else where


def _sign_in_page(why: str, where: str) -> HttpResponse:
    query = {"ended": why} | ({"next": where} if where and why != "account" else {})
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}")
