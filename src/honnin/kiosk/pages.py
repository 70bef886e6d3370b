"""What every page of the kiosk has: the frame, the pad, and where an error leads."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from honnin.console import failures
from honnin.console.error_pages import HTTP_STATUS, log_error
from honnin.errors import HonninError
from honnin.kiosk import attempts, wording
from honnin.law.cards.pins import PinKind, pin_rule
from honnin.law.terms import Generation

_STEPS = 4
# What a card says that no second try at this kiosk helps against.
_CARD_CANNOT = ("E_PIN_LOCKED", "E_CERTIFICATE_ABSENT", "E_CARD_UNSUPPORTED")
_ANOTHER_CARD = "E_CARD_OTHERS"


def page(request: HttpRequest, name: str, step: int = 0, **context: object) -> HttpResponse:
    """A page of the kiosk; with a step it says which of how many."""
    frame = {"step": step, "steps": _STEPS, "turned_round": True}
    return render(request, f"kiosk/{name}.html", frame | context)


def pad(kind: PinKind) -> dict[str, object]:
    """The pad on which a PIN is typed: its keys, and the length at which an entry is complete, if any."""
    rule = pin_rule(kind, Generation.NUMBER_CARD)
    complete = rule.longest if rule.shortest == rule.longest else 0
    return {"keys": wording.keys(kind), "complete": complete, "longest": rule.longest}


def failed(request: HttpRequest, error: HonninError, again: str, *args: str) -> HttpResponse:
    """To the page again where another try may help; else the attempt ends, and a page says why."""
    failures.carry(request, error)
    if can_help_again(error):
        answer = redirect(again, *args)
    else:
        attempts.forget(request)
        answer = redirect("kiosk:ended")
    return log_error(request, error, answer)


def can_help_again(error: HonninError) -> bool:
    """Whether the same can be tried again here: the line or the card was away, or a PIN was wrong."""
    if error.code == _ANOTHER_CARD:
        return True
    return error.kind == "unavailable" or (error.kind == "card_error" and error.code not in _CARD_CANNOT)


def without_language(response: HttpResponse) -> HttpResponse:
    """The next customer finds the page in the language of the terminal."""
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


def status_of(error: HonninError | None) -> int:
    """The HTTP status of a page that shows an error, or none."""
    return 200 if error is None else HTTP_STATUS[error.kind]
