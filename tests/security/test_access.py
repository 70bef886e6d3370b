"""Who gets what: docs/explanation/security.md is what was observed over HTTP, and holds what must hold.

`HONNIN_WRITE_TABLES=1` writes the page's tables anew (`make tables`).
"""

import os
from collections.abc import Mapping

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver

from tests.security import messages, table
from tests.security.observation import (
    CLERK,
    ELSEWHERE,
    NO_ROLE,
    ONESELF,
    OPERATOR,
    SIGN_IN,
    SIGNED_OUT,
    YES,
    Visit,
    observed,
)
from tests.security.scene import Page, Scene
from tests.support.console import Console
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

# Addresses without a row of their own: they lead on to one, or only take what is sent.
LED_ON = {"counter:found", "hotline:found"}
ROOMS = ("counter", "hotline")
# Of no room: where one begins and signs in or out, and the texts that everybody may read.
OF_NO_ROOM = {"start", "enter", "sign_in", "sign_out", "counter", "terms_of_use", "terms_version", "guide"}
Seen = Mapping[Page, Mapping[str, Visit]]


@pytest.fixture
def scene(console: Console) -> Scene:
    return Scene(console)


@pytest.mark.alters_records
def test_who_gets_what(scene: Scene, town: Town) -> None:
    """One walk for all that is asked of it, since the walk is what takes time."""
    seen = observed(scene, town)
    require_every_address(seen)
    require_a_sign_in_and_a_role(seen)
    require_that_strangers_see_no_more_than_names(seen)
    require_that_every_sight_and_every_act_is_written(seen)
    told = {
        type(make()).__name__: {who: undone(town, sender, make()) for who, sender in messages.SENDERS.items()}
        for make in messages.messages(scene, town)
    }
    require_page(seen, told)


def undone(town: Town, sender: object, message: object) -> str:
    with transaction.atomic(using="agency"):
        outcome = messages.outcome(town, sender, message)  # type: ignore[arg-type]
        transaction.set_rollback(True, using="agency")
    return outcome


def require_every_address(seen: Seen) -> None:
    """No page of a room is left out."""
    resolver = get_resolver()
    names = {
        f"{room}:{getattr(pattern, 'name', None)}"
        for room in ROOMS
        for pattern in resolver.namespace_dict[room][1].url_patterns
    }
    others = {pattern.name for pattern in resolver.url_patterns if isinstance(pattern, URLPattern)}
    assert others == OF_NO_ROOM
    walked = {page.name.partition(" ")[0] for page in seen}
    assert names - LED_ON == walked


def require_a_sign_in_and_a_role(seen: Seen) -> None:
    for page, visits in seen.items():
        assert visits[SIGNED_OUT] == Visit(SIGN_IN, (), ()), page.label
        room = page.name.partition(":")[0]
        refused = "E_NOT_A_CLERK" if room == "counter" else "E_NOT_AN_OPERATOR"
        strangers = (NO_ROLE, OPERATOR) if room == "counter" else (NO_ROLE, CLERK, ELSEWHERE, ONESELF)
        for who in strangers:
            assert visits[who] == Visit(refused, (), ()), (page.label, who)


def require_that_strangers_see_no_more_than_names(seen: Seen) -> None:
    """A clerk of another town, before they have said why; and whoever is refused."""
    for page, visits in seen.items():
        if page.after is None:
            assert set(visits[ELSEWHERE].shows) <= {"name"}, page.label
        for who, visit in visits.items():
            if visit.outcome != YES:
                assert not visit.shows, (page.label, who)
        if page.method == "post" and page.subject and page.name != "counter:give_reason":
            assert visits[ELSEWHERE].outcome != YES, page.label
            assert visits[ONESELF].outcome != YES or page.name.startswith("hotline"), page.label


def require_that_every_sight_and_every_act_is_written(seen: Seen) -> None:
    for page, visits in seen.items():
        for who, visit in visits.items():
            if visit.shows:
                assert any("look" in act or "search" in act for act in visit.entries), (page.label, who)
            if visit.outcome == YES and page.method == "post" and page.subject:
                others = [act for act in visit.entries if not act.startswith("look at")]
                needless = page.name == "counter:give_reason" and who in (CLERK, ONESELF)
                assert others or needless, (page.label, who)


def require_page(seen: Seen, told: Mapping[str, Mapping[str, str]]) -> None:
    text = table.PAGE.read_text("utf-8")
    drawn = table.replaced(text, "screens", table.screens(seen))
    drawn = table.replaced(drawn, "messages", table.lines(told))
    if os.environ.get("HONNIN_WRITE_TABLES"):
        table.PAGE.write_text(drawn, "utf-8")
    assert drawn == table.PAGE.read_text("utf-8"), "out of date; run: make tables"
