"""Signing in to the staff console, and the pause after too many failures.

An attempt is written down before the password is looked at and removed when it was right: so it counts
across processes, and attempts made at the same moment cannot slip past the limit together.
"""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import Clock
from honnin.console.models import SignInAttempt
from honnin.errors import Unavailable

MOST_FAILURES = 5
PAUSE = timedelta(minutes=5)


def note_attempt(account: str, address: str, clock: Clock) -> None:
    """Write an attempt down. Raises Unavailable E_SIGN_IN_PAUSED after five failures within five minutes."""
    now = clock.now()
    SignInAttempt.objects.filter(made_at__lte=now - PAUSE).delete()
    attempt = SignInAttempt.objects.create(account=account, address=address, made_at=now)
    if SignInAttempt.objects.filter(account=account, address=address).count() > MOST_FAILURES:
        attempt.delete()
        raise Unavailable("E_SIGN_IN_PAUSED")


def forget_attempts(account: str, address: str) -> None:
    """The password was right: earlier slips no longer count."""
    SignInAttempt.objects.filter(account=account, address=address).delete()


class SignInForm(AuthenticationForm):
    """User name and password, in the words of this console."""

    error_messages = {
        "invalid_login": _("The user name or the password is wrong."),
        "inactive": _("This account is no longer in use."),
    }
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": _("Enter the user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter the password.")},
    )


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignIn(LoginView):
    """The page, and the pause."""

    template_name = "honnin/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        note_attempt(*self._who(), settings.HONNIN_CLOCK)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        forget_attempts(*self._who())
        return super().form_valid(form)

    def _who(self) -> tuple[str, str]:
        return self.request.POST.get("username", "")[:150], self.request.META.get("REMOTE_ADDR", "")[:45]
