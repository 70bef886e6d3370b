"""Signing in to the staff console: the page, and what it says when it is paused or busy."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.contrib.sessions.models import Session
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import Clock
from honnin.console import failures
from honnin.console.account_name import LONGEST, account_name
from honnin.console.entered import unsent
from honnin.console.entered.typed import FAULTY, faults_were_shown, refill
from honnin.console.error_pages import HTTP_STATUS, log_error
from honnin.console.proxies import counted_address
from honnin.console.secret_fields import SecretInput
from honnin.console.signing_in import limits, passwords, sign_in_log
from honnin.console.signing_in.devices import known_device, remember_device
from honnin.console.signing_in.hashing import PASSWORD_CHECKS
from honnin.console.signing_in.sessions import leads_nowhere
from honnin.errors import Unavailable

ENDED = {
    "idle": (
        _("You were signed out because nothing was done for 15 minutes"),
        _("Sign in again to go on. What was being entered was not accepted, and nothing was changed."),
    ),
    "day": (
        _("You were signed out because eight hours have passed"),
        _("Sign in again to go on. What was being entered was not accepted, and nothing was changed."),
    ),
    "clock": (
        _("You were signed out because the clock of the system was set back"),
        _("Sign in again to go on. What was being entered was not accepted, and nothing was changed."),
    ),
    "account": (
        _("You were signed out because the account or its password has changed"),
        _("Sign in again; if that does not work, ask the administrator of the system about the account."),
    ),
    "elsewhere": (
        _("You were signed out in another window"),
        _("Sign in again, and look whether what you sent last has been done before you do it once more."),
    ),
}

SIGNED_OUT = _("You are no longer signed in")
ANOTHERS = _("What was sent before belongs to another account. It was not kept.")
KEPT = _(
    "Nothing was recorded. Sign in with the same account to go on: what was entered is then shown again, to "
    "be checked and sent."
)
KEPT_PERHAPS_DONE = _(
    "Sign in with the same account to go on: what was entered is then shown again. It may have been "
    "recorded: look whether it was before you send it once more."
)


def keep_normalised(*, instance: User, **_signal: Any) -> None:
    """Before an account is saved: its name is kept as it is compared."""
    instance.username = account_name(instance.username)


class SignInForm(AuthenticationForm):
    """User name and password, in the words of this console."""

    error_messages = {"invalid_login": _("The user name or the password is wrong.")}
    username = forms.CharField(
        label=_("User name"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": _("Enter the user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=passwords.LONGEST,
        widget=SecretInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter the password.")},
    )

    def restore_faults(self, request: HttpRequest) -> None:
        """In another language, without looking at the password once more."""
        self._errors, self.cleaned_data = ErrorDict(), {}
        if request.POST[FAULTY].endswith("!"):
            self.add_error(None, self.error_messages["invalid_login"])
            return
        for name, field in self.fields.items():
            if not request.POST.get(name):
                self.add_error(name, field.error_messages["required"])

    def clean_username(self) -> str:
        name = account_name(self.cleaned_data["username"])
        if not name:
            raise forms.ValidationError(_("Enter the user name."))
        if len(name) > LONGEST:
            raise forms.ValidationError(_("The user name is too long."))
        return name

    def clean(self) -> dict[str, Any]:
        """Look at the password. Raises Unavailable E_SIGN_IN_PAUSED or E_SIGN_IN_BUSY without doing so."""
        if self.errors:  # nothing that could be an account: nothing is counted and nothing hashed
            return self.cleaned_data
        with _counted(cast(HttpRequest, self.request), self.cleaned_data["username"], settings.HONNIN_CLOCK):
            try:
                return super().clean()
            except forms.ValidationError:
                sign_in_log.refused(cast(HttpRequest, self.request), self.cleaned_data["username"])
                raise


@contextmanager
def _counted(request: HttpRequest, account: str, clock: Clock) -> Iterator[None]:
    """An attempt is a failure until the block has passed; who need not wait for that is told at once."""
    attempt = limits.Attempt(
        account, counted_address(request.META.get("REMOTE_ADDR", "")), known_device(request, account, clock)
    )
    limits.require_no_pause(attempt, clock)
    with PASSWORD_CHECKS.entered(known=bool(attempt.device)):
        limits.count(attempt, clock)
        yield
    limits.succeeded(attempt, clock)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignIn(LoginView):
    """The page."""

    template_name = "honnin/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """An account that has signed in meanwhile, in another window, continues with the form it had sent."""
        if request.user.is_authenticated and (where := unsent.resumed(request)):
            return redirect(where)
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except Unavailable as error:
            if "retry_after" not in error.context:
                raise
            return self._later(request, error)

    def get_redirect_url(self) -> str:  # type: ignore[override] # the stubs know an argument that is not there
        """Where to go after signing in; not to this page, which would lead to itself, nor out again."""
        where: str = super().get_redirect_url()
        return "" if leads_nowhere(where) else where

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        clock: Clock = settings.HONNIN_CLOCK
        Session.objects.filter(expire_date__lt=clock.now()).delete()
        found, _carried = self._unsent()
        response = super().form_valid(form)
        if found is not None:
            response = redirect(self._after_unsent(found))
        remember_device(self.request, response, form.cleaned_data["username"], clock)
        return response

    def _unsent(self) -> tuple[unsent.Unsent | None, str]:
        """What was sent in vain before, and as the page carries it."""
        carried = self.request.__dict__.get("carried_unsent") or self.request.POST.get(unsent.FIELD, "")
        found = unsent.opened(self.request, carried)
        return found, carried if found else ""

    def _after_unsent(self, found: unsent.Unsent) -> str:
        """To the form, for whoever filled it in; another person begins where everybody begins."""
        if found.whose == unsent.mark(self.request.user):
            return unsent.keep(self.request, found)
        messages.info(self.request, str(ANOTHERS))
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_form(self, form_class: type[AuthenticationForm] | None = None) -> AuthenticationForm:
        form = super().get_form(form_class)
        refill(self.request, form)
        if isinstance(form, SignInForm) and faults_were_shown(self.request, form):
            form.restore_faults(self.request)
        return form

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found, carried = self._unsent()
        title, text = ENDED.get(found.why if found else self.request.GET.get("ended", ""), ("", ""))
        if found:
            title, text = title or SIGNED_OUT, KEPT_PERHAPS_DONE if found.why == "elsewhere" else KEPT
        later = next(iter(failures.error_texts(self.request)), None)
        more = {"ended_title": title, "ended_text": text, "later": later, "failures": ()}
        more |= {"unsent": carried, "sign_in_url": resolve_url(settings.LOGIN_URL)}
        more |= {"page_url": more["sign_in_url"]} if carried else {}
        return super().get_context_data(**context) | more

    def _later(self, request: HttpRequest, error: Unavailable) -> HttpResponse:
        typed = request.POST.get("username", "")
        form = SignInForm(request, initial={"username": typed[:LONGEST]})
        failures.note(request, error)
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = HTTP_STATUS[error.kind]
        response.headers["Retry-After"] = str(error.context["retry_after"])
        about = f"account {sign_in_log.log_id(typed)}"
        return log_error(request, error, response, level=logging.WARNING, about=about)
