"""The pages of the kiosk, in their order: welcome, card, the other PIN, the new PIN, receipt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from honnin.card.transport import readers as card_readers
from honnin.card.transport.readers import Reader, readers_here
from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.errors import HonninError
from honnin.kiosk import attempts, services, wording
from honnin.kiosk.attempts import Attempt, Note, Stage
from honnin.kiosk.forms import CardInReader, KnownPin, NewPin
from honnin.kiosk.pages import failed, pad, page, status_of, without_language
from honnin.law.cards.kiosk import PINS_AT_KIOSKS, closed_refusals, next_opening, opening_hours, pins_at
from honnin.law.cards.pins import PinKind
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.kiosk_reset import known_instead
from honnin.law.terms import Generation

View = Callable[..., HttpResponse]


def _here() -> Sequence[Reader]:
    return readers_here(settings.HONNIN_CARDS, pcsc=settings.HONNIN_KIOSK_PCSC)


def during(*stages: Stage) -> Callable[[Callable[[HttpRequest, Attempt], HttpResponse]], View]:
    """A page of an attempt that has come to one of these stages; who has no such attempt begins."""

    def decorate(view: Callable[[HttpRequest, Attempt], HttpResponse]) -> View:
        @wraps(view)
        def shown(request: HttpRequest) -> HttpResponse:
            attempt = attempts.present(request)
            if attempt is None:
                return redirect("kiosk:welcome")
            if attempt.stage not in stages:  # a second click, or the browser's way back
                return redirect(_PAGE_OF[attempt.stage])
            return view(request, attempt)

        return shown

    return decorate


_PAGE_OF = {Stage.OPENED: "kiosk:known_pin", Stage.PROVED: "kiosk:new_pin", Stage.DONE: "kiosk:receipt"}


def welcome(request: HttpRequest) -> HttpResponse:
    """The hours and what can be done, or when the kiosk opens. Nothing of an attempt before is left."""
    left = attempts.noted(request)
    attempts.present(request)  # one that nobody went on with ends, and says so
    left = attempts.noted(request) or left
    attempts.forget(request)
    if left is not None:
        attempts.note(request, left)
    at = instant(request)
    if refusals := closed_refusals(at):
        opens, reasons = wording.moment(next_opening(at)), wording.reasons(refusals)
        return page(request, "closed", note=left, opens=opens, reasons=reasons)
    today = day_in_japan(at)
    hours = opening_hours(today)
    assert hours is not None  # it is open
    offered = pins_at(settings.HONNIN_KIOSK_CHAIN, today)
    context: dict[str, Any] = {
        "note": left,
        "pins": [(kind.value, wording.PIN[kind], wording.form_of(kind)) for kind in sorted(offered)],
        "hours": {"opens": wording.hour(hours[0]), "closes": wording.hour(hours[1])},
        "year_end": wording.year_end(),
        "fee": certificate_fee(Generation.NUMBER_CARD, FeeOccasion.KIOSK_RESET),
    }
    return page(request, "welcome", **context)


def card(request: HttpRequest, pin: str) -> HttpResponse:
    """The card is put into the reader; whether its PIN can be set is found out before anything is typed."""
    if pin not in PINS_AT_KIOSKS:
        raise Http404
    kind = PinKind(pin)
    attempts.forget(request)
    if closed_refusals(instant(request)):
        return redirect("kiosk:welcome")
    failures.note_carried(request)
    readers = _here()
    data = (request.POST,) if request.method == "POST" else ()
    form = CardInReader(card_readers.choices(readers), *data)
    if request.method == "POST" and form.is_valid():
        choice = form.cleaned_data["card"]
        try:
            with card_readers.inserted(readers, choice) as transport:
                attempt = services.open_reset(transport, kind, choice)
        except HonninError as error:
            return failed(request, error, "kiosk:card", pin)
        attempts.keep(request, attempt)
        return redirect("kiosk:known_pin")
    refill(request, form)
    words = {"pin": wording.PIN[kind], "known": wording.PIN[known_instead(kind)]}
    return page(request, "card", 1, form=form, **words)


@sensitive_post_parameters()
@during(Stage.OPENED)
def known_pin(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    """The other PIN is typed, and the card signs with it; how often it may be wrong is said before."""
    failures.note_carried(request)
    left = _tries_left(request, attempt)
    data = (request.POST,) if request.method == "POST" else ()
    form = KnownPin(attempt.known, left, *data)
    if request.method == "POST" and form.is_valid():
        sure = bool(form.cleaned_data.get("last_try"))
        try:
            with card_readers.inserted(_here(), attempt.choice) as transport:
                services.prove(transport, attempt, form.pin(), use_last_try=sure)
        except HonninError as error:
            return failed(request, error, "kiosk:known_pin")
        attempts.keep(request, replace(attempt, stage=Stage.PROVED))
        return redirect("kiosk:new_pin")
    refill(request, form)
    words = {"pin": wording.PIN[attempt.known], "form_of_pin": wording.form_of(attempt.known)}
    return page(request, "known_pin", 2, form=form, tries_left=left, **words, **pad(attempt.known))


def _tries_left(request: HttpRequest, attempt: Attempt) -> int | None:
    """None where the card does not say: then the page says why."""
    try:
        with card_readers.inserted(_here(), attempt.choice) as transport:
            return services.tries_left(transport, attempt)
    except HonninError as error:
        if failures.noted_failure(request) is None:
            failures.note(request, error)
        return None


@sensitive_post_parameters()
@during(Stage.PROVED)
def new_pin(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    """The new PIN is typed twice, and set on the card."""
    failures.note_carried(request)
    data = (request.POST,) if request.method == "POST" else ()
    form = NewPin(attempt.pin, *data)
    if request.method == "POST" and form.is_valid():
        try:
            with card_readers.inserted(_here(), attempt.choice) as transport:
                done = services.set_pin(transport, attempt, form.pin())
        except HonninError as error:
            return failed(request, error, "kiosk:new_pin")
        at = instant(request).isoformat()
        ended = replace(attempt, stage=Stage.DONE, fee=done.fee, is_earlier=done.is_earlier, done_at=at)
        attempts.keep(request, ended)
        return redirect("kiosk:receipt")
    refill(request, form)
    return page(request, "new_pin", 3, form=form, pin=wording.PIN[attempt.pin], **pad(attempt.pin))


@during(Stage.DONE)
def receipt(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    """What was done, when, and at what price; the card is to be taken."""
    done_at = wording.moment(datetime.fromisoformat(attempt.done_at))
    context = {"attempt": attempt, "pin": wording.PIN[attempt.pin], "done_at": done_at}
    return page(request, "receipt", 4, **context)


def ended(request: HttpRequest) -> HttpResponse:
    """Why the PIN cannot be set here, and where to go."""
    failures.note_carried(request)
    error = failures.noted_failure(request)
    if error is None:  # a reload: it was said
        return redirect("kiosk:welcome")
    response = page(request, "ended")
    response.status_code = status_of(error)
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """The attempt ends, by its button or because nobody touched the screen; a card that was left is told."""
    attempt = attempts.present(request)
    attempts.forget(request)
    if request.POST.get("why") == Note.TIME:
        attempts.note(request, Note.CARD if attempt is not None and _is_left(attempt) else Note.TIME)
    return without_language(redirect("kiosk:welcome"))


def _is_left(attempt: Attempt) -> bool:
    try:
        with card_readers.inserted(_here(), attempt.choice) as transport:
            return services.is_left(transport, attempt.card_number)
    except HonninError:
        return False
