"""A form is carried out once, however often it is sent, and whichever process takes it.

Each form that is drawn for somebody who has signed in has an id of its own (`form_token`). Before its view
is called a row is claimed under that id, in a transaction of its own: the accounts' database decides who is
first. Who comes second waits for the first, and is led where that one was led. Of one that led nowhere (it
had a fault, or was refused) no database keeps the answer: unless `turns` repeats it, the page comes again
with what was typed, and the error E_FORM_SENT_TWICE. Such a form may be sent again later, also unchanged.

The key of a row is a keyed hash of the session, the address, the id and the fields, but for PINs and
passwords: what was corrected is another form, and nothing about a secret is kept.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from honnin import plain_rows
from honnin.console.entered.turns import AT_ONCE, FORM_ID
from honnin.console.entered.typed import show_again
from honnin.console.error_pages import error_on_page, error_page, log_error
from honnin.console.instants import instant
from honnin.console.models import SentForm
from honnin.console.secret_fields import secret_field
from honnin.errors import Conflict

KEPT_FOR = timedelta(hours=8)
"""As long as a session lasts."""
LONGEST_WAIT, STEP = 20.0, 0.05
"""Seconds for which the first is waited for, longer than a card takes, and between two looks."""
Answer = Callable[[HttpRequest], HttpResponse]


class SentOnce:
    """Stands after what proves a form, and before what shows errors."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.__dict__.get("sent_form")
        if key is not None:
            led_to = response.headers.get("Location", "") if 300 <= response.status_code < 400 else ""
            with suppress(DatabaseError):  # what was done is answered; who sends it again is told that it was
                answered_at = settings.HONNIN_CLOCK.now()  # an act may take longer than AT_ONCE
                SentForm.objects.filter(key=key).update(answered_at=answered_at, led_to=led_to)
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Before the view: claim the form, or answer for who has claimed it."""
        key = _key(request)
        if key is None:
            return None
        if not _claimed(key, instant(request)):
            return _second(request, key)
        request.__dict__["sent_form"] = key
        return None


def over(at: datetime) -> QuerySet[SentForm]:
    """What is kept longer than it may be, or since a time that has not come: the clock was set back."""
    return SentForm.objects.filter(Q(sent_at__lte=at - KEPT_FOR) | Q(sent_at__gt=at))


def _key(request: HttpRequest) -> str | None:
    """By which the same form is known again; None for what is no form of somebody who has signed in."""
    if request.method != "POST" or not request.user.is_authenticated or FORM_ID not in request.POST:
        return None
    fields = [each for each in request.POST.lists() if not _is_left_out(each[0])]
    files = [(name, each.name, each.size) for name, sent in request.FILES.lists() for each in sent]
    content = json.dumps([request.session.session_key, request.get_full_path(), sorted(fields), files])
    return salted_hmac("honnin sent forms", content, algorithm="sha256").hexdigest()


def _is_left_out(name: str) -> bool:
    return secret_field(name) or name == "csrfmiddlewaretoken"


def _claimed(key: str, at: datetime) -> bool:
    """Whether this is the first one; or another try of one that led nowhere, by now."""
    if plain_rows.insert(SentForm(key=key, sent_at=at), unless_there=True):
        return True
    nowhere = SentForm.objects.filter(key=key, led_to="", answered_at__lte=at - AT_ONCE)
    return nowhere.update(sent_at=at, answered_at=None) == 1


def _second(request: HttpRequest, key: str) -> HttpResponse:
    """What is answered for a form that somebody else has claimed."""
    first = SentForm.objects.filter(key=key).first()
    was_answered = first is not None and first.answered_at is not None
    gives_up_at = time.monotonic() + LONGEST_WAIT
    while first is not None and first.answered_at is None and time.monotonic() < gives_up_at:
        time.sleep(STEP)
        first = SentForm.objects.filter(key=key).first()
    if first is None or not first.led_to:
        return _answer_of_repeat(request, Conflict("E_FORM_SENT_TWICE"))
    if was_answered:
        messages.info(request, _("This form had been sent before. It was carried out once."))
    return HttpResponseRedirect(first.led_to)


def _answer_of_repeat(request: HttpRequest, error: Conflict) -> HttpResponse:
    """The page with what was typed, as it is after any error; else a page of the error's own."""
    again = show_again(request, error)
    if again is not None:
        return error_on_page(request, error, again)
    return log_error(request, error, error_page(request, error))
