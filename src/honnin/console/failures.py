"""The error that a page shows, also after another language was chosen.

A page carries the error that it shows, signed, in its language buttons: no other page and no session needs to
know it. An error holds no personal data, so neither does what is carried.
"""

from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import get_language

from honnin.console.readers import reader_of
from honnin.errors import KINDS, HonninError, Refusal, Refused, language_of
from honnin.law.wording import ErrorText, explain_error

FIELD = "said_before"
OF_SECRETS = "faults_of_secrets"
_SALT, _CARRIED = "honnin.console.failures", "carried-failure"
_GOOD_FOR = 3600  # seconds: longer than a session lasts untouched


def note(request: HttpRequest, error: HonninError) -> None:
    """Show the error on the page that answers this request."""
    request.__dict__["failure"] = error


def carry(request: HttpRequest, error: HonninError) -> None:
    """Show the error once on the page to which this request is redirected."""
    request.session[_CARRIED] = sealed(error)


def note_carried(request: HttpRequest) -> None:
    """Show on this page the error that was carried to it."""
    error = opened(request.session.pop(_CARRIED, ""))
    if error is not None:
        note(request, error)


def noted_failure(request: HttpRequest) -> HonninError | None:
    """The error to show on this page, if anything failed."""
    found: HonninError | None = request.__dict__.get("failure")
    return found


def error_texts(request: HttpRequest) -> tuple[ErrorText, ...]:
    """The error to show as texts in the present language."""
    error = noted_failure(request)
    return explain_error(error, language_of(get_language()), reader_of(request)) if error else ()


def sealed(error: HonninError) -> str:
    """An error as a page or a session carries it."""
    refusals = error.refusals if isinstance(error, Refused) else ()
    listed = [[each.code, each.clauses, each.details] for each in refusals]
    return signing.dumps([error.kind, error.code, dict(error.context), listed], salt=_SALT, compress=True)


def opened(carried: str) -> HonninError | None:
    """What was carried; None for what nobody sealed here, or too long ago."""
    try:
        kind, code, context, listed = signing.loads(carried, salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature:
        return None
    if listed:
        return Refused(*(_refusal(*each) for each in listed))
    (of_kind,) = (each for each in KINDS if each.kind == kind)
    return of_kind(code, **context)


def _refusal(code: str, clauses: list[str], details: list[list[Any]]) -> Refusal:
    return Refusal(code, tuple(clauses), tuple((name, value) for name, value in details))


def shown(request: HttpRequest) -> dict[str, object]:
    """Context for the frame of a page: what failed, in words and as the buttons of languages carry it."""
    error = noted_failure(request)
    of_secrets = request.__dict__.get(OF_SECRETS, "")
    return {"failures": error_texts(request), FIELD: sealed(error) if error else "", OF_SECRETS: of_secrets}
