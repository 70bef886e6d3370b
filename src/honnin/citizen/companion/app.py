"""The companion as an ASGI application: which address answers what.

GET  /start/…         connects a browser, once
GET  /login?…         where a site sends the browser; leads on by itself to
GET  /asked?…         what is asked for begins to wait, and gets an address of its own
GET  /requests/…      who asks for what, and the field for the PIN, or what stands against it
POST /requests/…      the PIN; leads back to the site with the token
POST /requests/…/leave  leads back to the site without one
"""

import asyncio
import logging
import re
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import parse_qs

from honnin.citizen.companion import answers
from honnin.citizen.companion.access import Access, is_of_a_stranger
from honnin.citizen.companion.answers import Answer
from honnin.citizen.companion.asked import DENIED, WronglyAsked, login_asked
from honnin.citizen.companion.card import Card
from honnin.citizen.companion.pages import Asking, error_page, home_page, is_of_pin, passing_page
from honnin.citizen.companion.request import Receive, Request, Scope, Send
from honnin.citizen.companion.waiting import Outcome, Waiting, WaitingRoom
from honnin.clock import Clock
from honnin.errors import HonninError, Malformed, Unavailable, explain
from honnin.faults import named
from honnin.files import size
from honnin.pin import Pin

log = logging.getLogger(__name__)
LONGEST_BODY: Final = 1024
"""Octets of a form: a PIN, each character encoded, and a tick."""
BODY_TIMEOUT: Final = 5.0
"""Seconds for all of a request's body (our choice)."""
_REQUEST: Final = re.compile(r"/requests/([A-Za-z0-9_-]{43})(/leave)?")
_T = TypeVar("_T")


class CompanionApplication:
    """Answers the browser of one user, about one card."""

    def __init__(self, card: Card, access: Access, clock: Clock, *, timeout: float = BODY_TIMEOUT) -> None:
        self._card, self._access, self._clock, self._timeout = card, access, clock, timeout
        self._waiting = WaitingRoom()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="card")  # a card does one thing at a time

    def close(self) -> None:
        """Waits for what the card is doing."""
        self._thread.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        try:
            answer = await self._answer(request, receive)
        except ConnectionError:  # nobody is there to be answered
            return
        except Exception as error:
            answer = _error_answer(error, request)
        await answer.send(send)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        self._access.require_admitted(request)
        now = self._clock.now()
        if request.method == "GET":
            return await self._shown(request, now)
        if request.method == "POST":
            return await self._sent(request, receive, now)
        return answers.plain(405, "GET, POST")

    async def _shown(self, request: Request, now: datetime) -> Answer:
        path, language = request.path, request.language
        if path.startswith("/style/"):
            return answers.file(path.removeprefix("/style/")) or answers.plain(404, path)
        if path.startswith("/start/"):
            return answers.see_other("/", ("set-cookie", self._access.connect(request)))
        if path == "/login":
            return answers.page(passing_page(login_asked(request.query), language))
        self._access.require_connected(request)
        return await self._shown_to_its_user(request, now)

    async def _shown_to_its_user(self, request: Request, now: datetime) -> Answer:
        path, language = request.path, request.language
        if path == "/asked":
            name = self._waiting.begin(login_asked(request.query), language, now)
            return answers.see_other(f"/requests/{name}")
        if path == "/":
            return answers.page(home_page(self._card.name, self._access.word, language))
        found = _REQUEST.fullmatch(path)
        if found is None or found[2]:
            return answers.plain(404, "404")
        waiting = self._waiting.find(found[1], now)
        waiting.language = request.chosen_language or waiting.language
        return await self._asking(f"/requests/{found[1]}", waiting, now)

    async def _asking(
        self, here: str, waiting: Waiting, now: datetime, failure: HonninError | None = None
    ) -> Answer:
        """Who asks and the field for the PIN, or what stands against it. `failure`: of the PIN before."""
        asking = Asking(here, waiting.asked, self._card.name, self._access.word, waiting.language)
        obstacle, left = failure if failure and not is_of_pin(failure) else None, 0
        if obstacle is None:
            try:
                left = await self._with_card(self._card.tries_left, now)
            except Exception as error:
                obstacle = _fault(error)
        shown = asking.page(left, failure) if obstacle is None else asking.obstacle(obstacle)
        wrong = obstacle or failure
        status = 200 if wrong is None else answers.status_of(wrong)
        return answers.page(shown, status=status, leads_to=waiting.asked.origin)

    async def _sent(self, request: Request, receive: Receive, now: datetime) -> Answer:
        self._access.require_connected(request)
        found = _REQUEST.fullmatch(request.path)
        if found is None:
            return answers.plain(404, "404")
        waiting = self._waiting.find(found[1], now, also_over=True)
        form = await self._form(request, receive)
        if found[2]:
            self._waiting.find(found[1], now).end()
            return answers.see_other(waiting.asked.error_address(DENIED))
        return await self._tried(f"/requests/{found[1]}", waiting, form, now)

    async def _tried(self, here: str, waiting: Waiting, form: dict[str, list[str]], now: datetime) -> Answer:
        """The PIN goes to the card: the way back with the token, or the page again."""
        use_last_try = form.pop("use_last_try", []) == ["1"]
        try:
            token = await self._with_card(self._token, waiting, form, now, use_last_try)
        except Exception as error:
            fault = _fault(error)
        else:
            return answers.see_other(waiting.asked.answer_address(token))
        if fault.code == "E_ASKED_OVER":
            raise fault
        return await self._asking(here, waiting, now, fault)

    def _token(
        self, waiting: Waiting, form: dict[str, list[str]], now: datetime, use_last_try: bool
    ) -> dict[str, str]:
        """In the card's thread, where two that were sent at once come one after the other.

        An entry that is sent twice, by a double click, costs one try: the second gets the first's answer.
        """
        entry, pin = "".join(form.pop("entry", [])), Pin("".join(form.pop("pin", [])))
        if entry and waiting.tried is not None and waiting.tried[0] == entry:
            return _outcome(waiting.tried[1])
        waiting.require_open()
        try:
            token = self._card.answer(waiting.asked, pin, now, use_last_try=use_last_try)
        except Exception as error:
            waiting.tried = entry, _fault(error)
            return _outcome(waiting.tried[1])
        waiting.tried = entry, token
        waiting.end()
        return token

    async def _form(self, request: Request, receive: Receive) -> dict[str, list[str]]:
        """The fields of a form. Raises Malformed E_FORM_INCOMPLETE and as `_body`."""
        try:
            content = await asyncio.wait_for(_body(request, receive), self._timeout)
        except TimeoutError as error:
            raise Unavailable("E_BODY_TOO_SLOW") from error
        try:
            text = content.decode("ascii")
            return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=4)
        except ValueError:
            raise Malformed("E_FORM_INCOMPLETE") from None  # what was sent may stand in the cause

    async def _with_card(self, act: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)


def _outcome(outcome: Outcome) -> dict[str, str]:
    """The token. Raises what stood against one."""
    if isinstance(outcome, HonninError):
        raise outcome
    return outcome


def _fault(error: BaseException) -> HonninError:
    """The error of the tree that says what happened, cut off from where it was raised: there a PIN still is.

    What has no name is told of by its class and its place.
    """
    fault = named(error)
    if fault is None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("%s in %s, line %s", type(error).__name__, place.filename, place.lineno)
        fault = Unavailable("E_COMPANION_FAILED")
    fault.__traceback__ = fault.__cause__ = fault.__context__ = None
    return fault


def _error_answer(error: BaseException, request: Request) -> Answer:
    """An error that is no page of a request. A stranger is told no more than that they are one."""
    fault = _fault(error.error if isinstance(error, WronglyAsked) else error)
    status = answers.status_of(fault)
    if is_of_a_stranger(fault):
        return answers.plain(status, explain(fault.code).cause)
    back = error.back if isinstance(error, WronglyAsked) else ""
    return answers.page(error_page(fault, request.language, back=back), status=status)


async def _body(request: Request, receive: Receive) -> bytes:
    """Raises Malformed E_BODY_TOO_LARGE as soon as it is, ConnectionError when it does not come whole."""
    parts, more = [], True
    length = int(request.header("content-length") or 0)
    while more:
        if length > LONGEST_BODY:
            raise Malformed("E_BODY_TOO_LARGE", limit=size(LONGEST_BODY))
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError
        parts.append(event.get("body", b""))
        length = sum(map(len, parts))
        more = event.get("more_body", False)
    if length > LONGEST_BODY:
        raise Malformed("E_BODY_TOO_LARGE", limit=size(LONGEST_BODY))
    return b"".join(parts)
