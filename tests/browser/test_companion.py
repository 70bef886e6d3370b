"""A login from a site through the companion and back, in a browser without scripts, with a card in a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.clock import FixedClock
from tests.browser.looks import barriers, buttons_without_an_act, torn_words, unlike_the_rules
from tests.support.pki import cards, specimen
from tests.support.servers.companion import Companion, Site, card_in, running_companion, running_site

pytestmark = pytest.mark.browser

WRONG = "9999"
WIDTHS = (1280, 320)
SHOTS = os.environ.get("HONNIN_SHOTS", "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "TEST00000000009.json"
    CardFile.create(path, cards.card()[0].state).close()
    return path


@pytest.fixture
def running(path: Path) -> Iterator[tuple[Companion, Site]]:
    clock = FixedClock(specimen.NOW)
    with running_companion(card_in(path), clock) as companion, running_site(clock, companion) as site:
        yield companion, site


@contextmanager
def connected(chromium: Browser, companion: Companion, language: str, width: int) -> Iterator[Page]:
    """A browser that opened the start address."""
    context = chromium.new_context(locale=language, viewport={"width": width, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(companion.access.start_address)
    yield page
    context.close()


def ask(page: Page, site: Site) -> None:
    """As a person does: by the link at the site."""
    page.goto(site.origin)
    page.focus("#login")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*")


def send_pin(page: Page, pin: str, *keys: str) -> None:
    """From the heading, or from what went wrong, by Tab alone; then `keys`, then Enter."""
    while page.evaluate("document.activeElement.id") != "pin":
        page.keyboard.press("Tab")
    page.keyboard.type(pin)
    for key in keys:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def faults(page: Page, language: str, name: str) -> list[str]:
    """What of a page is against the rules, in both widths."""
    found = barriers(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += unlike_the_rules(page, width) + torn_words(page)
        found += buttons_without_an_act(page) if language == "ja" else []
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append("scrolls sideways")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/companion-{name}-{language}-{width}.png", full_page=True)
    return found


def test_a_login_by_keyboard_with_wrong_pins_and_the_last_try(
    chromium: Browser, running: tuple[Companion, Site]
) -> None:
    companion, site = running
    with connected(chromium, companion, "ja", 320) as page:
        assert faults(page, "ja", "home") == []
        ask(page, site)
        assert site.origin in page.inner_text("main")
        assert companion.access.word in page.inner_text("main")
        assert faults(page, "ja", "asked") == []
        send_pin(page, WRONG)
        assert "あと2回" in page.inner_text("[role=alert]")
        assert page.input_value("#pin") == ""
        send_pin(page, WRONG)
        assert faults(page, "ja", "last-try") == []
        send_pin(page, cards.AUTHENTICATION_PIN)
        assert "残り1回" in page.inner_text("[role=alert]")
        send_pin(page, cards.AUTHENTICATION_PIN, "Tab", "Space")
        assert page.url.startswith(site.origin)
        assert site.outcomes == ["serial 018C453E"]


def test_cancelled_without_a_card_and_in_the_other_language(
    chromium: Browser, running: tuple[Companion, Site], path: Path
) -> None:
    companion, site = running
    away = path.with_name("away")
    with connected(chromium, companion, "en", 1280) as page:
        path.rename(away)
        ask(page, site)
        assert "E_CARD_FILE_MISSING" in page.inner_text("main")
        assert page.locator("#pin").count() == 0
        assert faults(page, "en", "obstacle") == []
        away.rename(path)
        page.click("text=Look at the card again")
        assert faults(page, "en", "asked") == []
        page.click("text=日本語")
        assert page.get_attribute("html", "lang") == "ja"
        page.click("text=ログインせずに戻る")
        page.wait_for_url(site.origin + "/**")
        page.go_back()
        assert "E_ASKED_OVER" in page.inner_text("main")
        assert faults(page, "ja", "over") == []
    assert site.outcomes == ["access_denied"]


ATTACK = """async target => {
  const got = [];
  for (const [method, mode] of [["GET", "cors"], ["GET", "no-cors"], ["POST", "cors"], ["POST", "no-cors"]]) {
    const body = method === "POST" ? new URLSearchParams({pin: "1234"}) : undefined;
    try {
      got.push((await (await fetch(target, {method, mode, body, credentials: "include"})).text()).length);
    } catch (error) { got.push(error.name); }
  }
  const frame = document.createElement("iframe");
  await new Promise(done => { frame.onload = done; frame.src = target; document.body.append(frame); });
  got.push(frame.contentDocument === null ? "closed" : frame.contentDocument.body.innerHTML);
  return got;
}"""


def test_a_hostile_page_and_an_unconnected_browser_get_nothing(
    chromium: Browser, running: tuple[Companion, Site], path: Path
) -> None:
    companion, site = running
    with connected(chromium, companion, "en", 1280) as page:
        ask(page, site)
        here = page.url
        hostile = page.context.new_page()
        hostile.goto(site.origin)  # of this machine as well: the browser sends it our cookie
        assert hostile.evaluate(ATTACK, here) == ["TypeError"] * 4 + ["closed"]
        assert "Log in to" in page.reload().text()  # type: ignore[union-attr]
        with card_in(path).held() as session:
            assert session.tries_left(KeySlot.AUTHENTICATION) == 3
    stranger = chromium.new_context(locale="en")
    page = stranger.new_page()
    page.goto(site.origin)
    page.click("#login")
    page.wait_for_url("**/asked?*")
    assert "E_COMPANION_NOT_CONNECTED" in page.inner_text("main")
    assert faults(page, "en", "not-connected") == []
    stranger.close()
    assert site.outcomes == []
