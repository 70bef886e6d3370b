"""Pages that belong to no room: the start page, and where to go after signing in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from honnin.console.signing_in.sign_in import SignIn
from honnin.errors import Conflict, NotAllowed
from honnin.sites.declaration.login import Login
from honnin.sites.pages.navigation import desk_of
from honnin.sites.pages.rooms import offers_entry, rooms
from honnin.sites.staff.logins import kept_logins


def start(request: HttpRequest) -> HttpResponse:
    """To the pages of the account's role; the start page of `honnin up`, or signing in, for who has none yet.

    Raises NotAllowed E_NOT_STAFF for an account without a role.
    """
    if not request.user.is_authenticated:
        return _start_page(request) if settings.HONNIN_HAS_START_PAGE else redirect("sign_in")
    desk = desk_of(request.user.get_username())
    if desk is None:
        raise NotAllowed("E_NOT_STAFF")
    return redirect(desk.page)


def _start_page(request: HttpRequest) -> HttpResponse:
    listed = list(rooms(request))
    context = {
        "rooms": listed,
        "silent": [room for room in listed if room.is_up is False],
        "offers_entry": offers_entry(request),
    }
    return render(request, "sites/start.html", context)


class Enter(SignIn):
    """A button of the start page signs in with the first account of a role that the installation brought.

    It is as if its password had been typed, which stands in a file of the installation. Raises NotAllowed
    E_ENTRY_NOT_OFFERED where there are no such buttons, Conflict E_ENTRY_ACCOUNT_CHANGED when the account is
    gone or has got another password.
    """

    http_method_names = ["post"]
    redirect_authenticated_user = False

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not offers_entry(request):
            raise NotAllowed("E_ENTRY_NOT_OFFERED")
        return LoginView.post(self, request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        login = self._login()
        typed = {"username": login.user_name, "password": login.password}
        return super().get_form_kwargs() | {"data": typed}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        raise Conflict("E_ENTRY_ACCOUNT_CHANGED")

    def _login(self) -> Login:
        for login in kept_logins():
            if login.role == self.kwargs["role"]:
                return login
        raise Conflict("E_ENTRY_ACCOUNT_CHANGED")
