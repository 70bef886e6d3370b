"""Who gets what from every page: asked over HTTP, each visit in a world of its own."""

import html
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connections, transaction
from django.test import Client

from honnin.agency.hotline.services import employ_operator
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.models import JournalEntry as MunicipalityEntry
from tests.security.scene import MARKS, Page, Scene
from tests.support.console import signed_in
from tests.support.responses import Response
from tests.support.town import Town

CLERK, ELSEWHERE, ONESELF, OPERATOR = "clerk", "elsewhere", "oneself", "operator"
NO_ROLE, SIGNED_OUT = "no role", "signed out"
VISITORS = (CLERK, ELSEWHERE, ONESELF, OPERATOR, NO_ROLE, SIGNED_OUT)
YES, SIGN_IN = "yes", "sign in"
_TOKEN = re.compile(r"[A-Za-z0-9_:-]{30,}")
_NOT_YOU = re.compile(r"E_(?:NOT_A_CLERK|NOT_AN_OPERATOR|OFFICE_WRONG|OWN_APPLICATION|OWN_PROXY|NOT_STAFF)")


@dataclass(frozen=True)
class Visit:
    """What came of it: `yes`, `sign in` or the code of the refusal; what personal data the page showed; the
    acts that were written into the journals meanwhile.
    """

    outcome: str
    shows: tuple[str, ...]
    entries: tuple[str, ...]


class Observer:
    """Visits pages as every kind of visitor."""

    def __init__(self, scene: Scene, town: Town) -> None:
        self._scene = scene
        employ_operator("operator", "電話 一郎", actor="test", at=town.clock.now())
        town.clerk(), town.neighbour()
        self._oneself = town.clerk("jibun")

    def visit(self, page: Page, visitor: str) -> Visit:
        """Everything that the visit changes is undone after it."""
        with _undone(self._scene.card_files):
            if visitor == ONESELF and page.subject is not None:
                Clerk.objects.filter(pk=self._oneself.pk).update(person_code=page.subject.pk)
            client = self._client(visitor)
            if page.after is not None:
                client.post(page.after.address, dict(page.after.sent()))
            before = [len(acts) for acts in _written()]
            response = getattr(client, page.method)(page.address, dict(page.sent()))
            found = _led_on(client, response, page)
            outcome = _outcome(response)
            shown = found if outcome == YES else response
            new = [act for acts, old in zip(_written(), before, strict=True) for act in acts[old:]]
            return Visit(outcome, _shown(shown), tuple(dict.fromkeys(new)))

    @staticmethod
    def _client(visitor: str) -> Client:
        accounts = {CLERK: "hanako", ELSEWHERE: "taro", ONESELF: "jibun", OPERATOR: "operator"}
        if visitor == SIGNED_OUT:
            return Client(headers={"accept-language": "en"})
        if visitor == NO_ROLE:
            User.objects.get_or_create(username="nobody")
        return signed_in(accounts.get(visitor, "nobody"))


def _led_on(client: Client, response: Response, page: Page) -> Response:
    """A search is shown at an address of its own; any other act leads to a page that has its own row."""
    if response.status_code == 302 and page.name in ("counter:residents", "hotline:search"):
        return client.get(response.headers["Location"])
    return response


def _outcome(response: Response) -> str:
    if response.status_code == 302 and "/sign-in/" in response.headers["Location"]:
        return SIGN_IN
    if response.status_code == 403:
        code = _NOT_YOU.search(response.content.decode())
        return code.group() if code else "403"
    assert response.status_code in (200, 302), response.content.decode()
    return YES


def _shown(response: Response) -> tuple[str, ...]:
    text = html.unescape(response.content.decode("latin-1"))
    text += html.unescape(response.content.decode("utf-8", "replace"))
    text = _TOKEN.sub("", text)  # in which a year may stand by chance
    return tuple(what for what, marks in MARKS.items() if any(mark in text for mark in marks))


def _written() -> tuple[list[str], list[str]]:
    """The acts in the journals of the municipality and of the agency."""
    own = MunicipalityEntry.objects.order_by("sequence").values_list("act", flat=True)
    told = AgencyEntry.objects.order_by("sequence").values_list("act", flat=True)
    return list(own), [f"agency: {act}" for act in told]


@contextmanager
def _undone(cards: Path) -> Iterator[None]:
    kept = cards.with_name("kept-cards")
    shutil.copytree(cards, kept)
    try:
        with ExitStack() as stack:
            for alias in connections:
                stack.enter_context(transaction.atomic(using=alias))
            yield
            for alias in connections:
                transaction.set_rollback(True, using=alias)
    finally:
        shutil.rmtree(cards)
        kept.rename(cards)


def observed(scene: Scene, town: Town) -> dict[Page, Mapping[str, Visit]]:
    """Every page, visited by everybody."""
    observer = Observer(scene, town)
    return {page: {who: observer.visit(page, who) for who in VISITORS} for page in scene.pages()}
