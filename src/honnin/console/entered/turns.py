"""Of two forms of one browser the second waits; a double click is answered as the first click is.

Two at once would each find nothing done yet: the second would be refused for what the first is doing (a card
that is in use, an entry that was just made), or a wrong PIN would cost two tries. Other browsers wait for
nothing, nor does who only looks, and a third at the same time goes on beside them. Nothing rests on it: a
third one, and two processes, carry out a form once by its id (`once`). Here the second click is answered
with the same page, whatever it says; a form that led nowhere, with its id and without files, also when the
browser sends the second one late.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LONGEST_WAIT = 60.0
"""Seconds, after which a request goes on beside the one that it waited for."""
FORM_ID: Final = "form_id"
"""The field by which a form that is drawn once is sent once."""
AT_ONCE: Final = timedelta(seconds=5)
"""For how long after the first was answered another one is of the same click."""
IN_TURN = 2
"""How many of one browser are there at a time, the one that waits with it: more hold no threads."""
_FORM, _LONGEST_FORM = "application/x-www-form-urlencoded", 1 << 16

Answer = Callable[[HttpRequest], HttpResponse]


@dataclass
class _Turn:
    """Of one browser while it sends: how many requests are there, and the last form with its answer."""

    lock: Lock = field(default_factory=Lock)
    there: int = 0
    form: bytes = b""
    answered: HttpResponse | None = None
    kept_until: float = 0.0
    """How long the answer is kept when nobody is there any more, by time.monotonic."""

    def answer(self, request: HttpRequest, get_response: Answer) -> HttpResponse:
        """What the same form was answered just now, or what comes of this one."""
        form = _digest(request)
        if self.answered is not None and form and form == self.form:
            return _again(self.answered)
        response = get_response(request)
        self.form, self.answered = form, None if response.streaming else _again(response)
        has_id = form and f"{FORM_ID}=".encode() in request.body
        led_nowhere = has_id and not 300 <= response.status_code < 400
        self.kept_until = time.monotonic() + AT_ONCE.total_seconds() if led_nowhere else 0.0
        return response

    def is_over(self) -> bool:
        return not self.there and self.kept_until <= time.monotonic()


class Turns:
    """Stands before what loads and saves sessions, so that the second one loads what the first one saved."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._guard = Lock()
        self._turns: dict[str, _Turn] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        browser = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if request.method != "POST" or not browser:
            return self.get_response(request)
        with self._turn(browser) as turn:
            return turn.answer(request, self.get_response) if turn else self.get_response(request)

    @contextmanager
    def _turn(self, browser: str) -> Iterator[_Turn | None]:
        """The browser's turn, when it has come; None for one that does not wait."""
        with self._guard:
            for other in [name for name, turn in self._turns.items() if turn.is_over()]:
                del self._turns[other]
            turn = self._turns.setdefault(browser, _Turn())
            turn.there += 1
            waits = turn.there <= IN_TURN
        held = waits and turn.lock.acquire(timeout=LONGEST_WAIT)
        try:
            yield turn if held else None
        finally:
            if held:
                turn.lock.release()
            with self._guard:
                turn.there -= 1
                if turn.is_over():
                    del self._turns[browser]


def _digest(request: HttpRequest) -> bytes:
    """By which the same form is known again; empty for one with files, of which no two are the same."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.content_type != _FORM or length > _LONGEST_FORM:
        return b""
    return hashlib.sha256(request.get_full_path().encode() + b"\0" + request.body).digest()


def _again(response: HttpResponse) -> HttpResponse:
    """The same answer once more."""
    again = HttpResponse(response.content, status=response.status_code, headers=dict(response.items()))
    again.cookies.load(dict(response.cookies))
    return again
