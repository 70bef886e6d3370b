"""Shows a page again with its form input: in another language, or when the request failed.

The buttons of the languages send the page's own form to the page's own address. Nothing is done with it: the
request goes on as one that looks at the page, whatever it had been sent for, and the forms of the page are
filled with what was typed. What the page said of it, faults of fields and errors, it says again. PINs and
passwords are never put back into a page.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _

from honnin.console import failures
from honnin.console.error_pages import error_page
from honnin.console.failures import OF_SECRETS
from honnin.errors import HonninError
from honnin.faults import named

BUTTON = "switch_language"
FAULTY = "faults_shown"
"""The field that tells which form had faults on the page whose language is switched."""
ERROR_PAGE = "error_page"
Answer = Callable[[HttpRequest], HttpResponse]


class SwitchLanguage:
    """Answers such a button. Stands after what asks for the token of a form."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_switching(request):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                translation.get_language() or settings.LANGUAGE_CODE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Before any view sees it, the request becomes one that only looks."""
        if request.method != "POST" or BUTTON not in request.POST:
            return None
        language = request.POST[BUTTON]
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        request.__dict__["switches_language"] = True
        error = failures.opened(request.POST.get(failures.FIELD, ""))
        if error is not None and ERROR_PAGE in request.POST:
            return error_page(request, error)
        if error is not None:
            failures.note(request, error)
        request.method = "GET"
        return None


def is_switching(request: HttpRequest) -> bool:
    """Whether what this request brings is only to be shown again, in another language."""
    return "switches_language" in request.__dict__


def is_shown_again(request: HttpRequest) -> bool:
    """Whether what this request brings is only to be shown again, for whatever reason."""
    return is_switching(request) or "comes_again" in request.__dict__


def show_again(request: HttpRequest, error: HonninError) -> HttpResponse | None:
    """The page whose form was sent, with what was typed and the error; None where the page itself cannot be
    shown, or nothing was typed, unless things have changed meanwhile: then the page shows how they stand.
    Whatever the form was sent for is not done.
    """
    is_conflict = error.kind == "conflict"
    if request.method != "POST" or not (request.POST or is_conflict):  # read now, while it is read at all
        return None
    before = {name: getattr(request, name) for name in ("path", "path_info", "resolver_match", "method")}
    request.method = "GET"
    request.__dict__["comes_again"] = True
    failures.note(request, error)
    response = page_of(request, follows=error.kind != "not_allowed")
    if response is not None and (request.__dict__.get("has_typed") or is_conflict):
        return response
    for name, value in before.items():
        setattr(request, name, value)
    for name in ("comes_again", "failure"):
        del request.__dict__[name]
    return None


def page_of(request: HttpRequest, *, follows: bool) -> HttpResponse | None:
    """The page of this address; for an act without one, the page to which it leads who merely looks. Whoever
    may not act at all is led nowhere.
    """
    try:
        response = _answer(request)
        if response.status_code == 302 and follows:
            request.path = request.path_info = response.headers["Location"]
            request.resolver_match = resolve(request.path)
            response = _answer(request)
    except Resolver404:
        return None
    except Exception as second:  # the first error is shown; an unknown one is not hidden
        if named(second) is None:
            raise
        return None
    return response if response.status_code == 200 else None


def _answer(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match
    assert match is not None
    response: Any = match.func(request, *match.args, **match.kwargs)
    if hasattr(response, "render"):
        response.render()
    answer: HttpResponse = response
    return answer


def refill(request: HttpRequest, *shown: forms.Form) -> None:
    """Put what was typed back into forms that are bound to nothing; files and secrets stay out.

    Where a secret was typed the page says that it must be typed again. A form that had faults when the
    language was switched tells them again: it is examined again, unless it says how itself.
    """
    if not is_shown_again(request) and request.method != "POST":
        return
    for form in shown:
        if form.is_bound and not hasattr(form, "tell_faults_again"):
            _carry_faults_of_secrets(request, form)
            _forget_secrets(form)
    unbound = [form for form in shown if not form.is_bound]
    secrets = [_refilled(request, form) for form in unbound]
    if is_shown_again(request) and any(secrets):
        messages.info(request, _("PINs and passwords are not kept. Enter them again."))
    for form in unbound:
        if faults_were_shown(request, form) and not hasattr(form, "tell_faults_again"):
            form.data, form.files, form.is_bound = request.POST, request.FILES, True
            _restore_faults_of_secrets(request, form)


def _secrets_of(form: forms.Form) -> list[str]:
    return [name for name, field in form.fields.items() if isinstance(field.widget, forms.PasswordInput)]


def _forget_secrets(form: forms.Form) -> None:
    """They are typed again: what was typed is used for nothing more."""
    for name in _secrets_of(form):
        getattr(form, "cleaned_data", {}).pop(name, None)


def _carry_faults_of_secrets(request: HttpRequest, form: forms.Form) -> None:
    """What is wrong with PINs, in every language: what they were is not kept to be examined again."""
    names = _secrets_of(form)
    if not set(names) & set(form.errors):
        return
    faults = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            form.full_clean()
            faults[language] = {name: [*map(str, form.errors[name])] for name in names if name in form.errors}
    form.full_clean()
    request.__dict__[OF_SECRETS] = signing.dumps(faults, salt=OF_SECRETS, compress=True)


def _restore_faults_of_secrets(request: HttpRequest, form: forms.Form) -> None:
    """The same faults as before of what was not typed again; what was is examined with the form."""
    with suppress(signing.BadSignature):
        carried = request.POST.get(OF_SECRETS, "")
        faults = signing.loads(carried, salt=OF_SECRETS)
        request.__dict__[OF_SECRETS] = carried
        for name in _secrets_of(form):
            if not request.POST.get(form.add_prefix(name)):
                form.errors.pop(name, None)
                for fault in faults[translation.get_language()].get(name, ()):
                    form.add_error(name, fault)


def faults_were_shown(request: HttpRequest, form: forms.BaseForm) -> bool:
    """Whether this form had faults on the page whose language is switched."""
    return is_switching(request) and request.POST.get(FAULTY, "").rstrip("!") == type(form).__name__


def _refilled(request: HttpRequest, form: forms.Form) -> bool:
    """Fills the form; whether a secret was typed that was left out."""
    has_secret = False
    for name, field in form.fields.items():
        place, widget = form.add_prefix(name), field.widget
        if isinstance(widget, forms.PasswordInput):
            has_secret = has_secret or bool(request.POST.get(place))
        elif not isinstance(widget, forms.FileInput) and not widget.value_omitted_from_data(
            request.POST, request.FILES, place
        ):
            form.initial[name] = widget.value_from_datadict(request.POST, request.FILES, place)
            if form.initial[name]:
                request.__dict__["has_typed"] = True
    return has_secret
