"""Another language for a page on which something was typed: the page comes again with all of it.

The buttons of the languages send the page's own form to the page's own address. Nothing is done with it: the
request goes on as one that looks at the page, whatever it had been sent for, and the forms of the page are
filled with what was typed. PINs and passwords are never put back into a page.
"""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

BUTTON = "switch_language"
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

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Before any view sees it, the request becomes one that only looks."""
        if request.method != "POST" or BUTTON not in request.POST:
            return
        language = request.POST[BUTTON]
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        request.method = "GET"
        request.__dict__["switches_language"] = True


def is_switching(request: HttpRequest) -> bool:
    """Whether what this request brings is only to be shown again."""
    return "switches_language" in request.__dict__


def refill(request: HttpRequest, *shown: forms.Form) -> None:
    """Put what was typed back into forms that are bound to nothing; files and secrets stay out.

    Where a secret was typed the page says that it must be typed again.
    """
    if not is_switching(request) and request.method != "POST":
        return
    unbound = [form for form in shown if not form.is_bound]
    secrets = [_refilled(request, form) for form in unbound]
    if is_switching(request) and any(secrets):
        messages.info(request, _("PINs and passwords are not kept. Enter them again."))


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
    return has_secret
