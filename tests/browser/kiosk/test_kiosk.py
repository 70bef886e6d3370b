"""A reset at the kiosk in a real browser, by the pad and by the keyboard, in both languages; each page is
looked at: nothing keeps somebody from using it, and nothing is wider or higher than the screen.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.clock import SystemClock
from honnin.errors import Language
from honnin.law.cards.kiosk import closed_refusals
from honnin.pin import Pin
from tests.browser.looks import (
    barriers,
    buttons_without_an_act,
    lines_begun_by_stops,
    torn_words,
    unlike_the_rules,
    unmarked_japanese,
)
from tests.browser.site import Site, Visitors
from tests.support.processes import plain_environment

pytestmark = pytest.mark.browser
SCREEN: ViewportSize = {"width": 1280, "height": 1024}
ACT = ".kiosk-bar button:not(.button-secondary)"
SHOTS = os.environ.get("HONNIN_SHOTS", "")
WAYS: dict[Language, tuple[str, str, str, str, str]] = {
    "ja": ("signature", "signature", "1234", "KIOSK77", "0000"),
    "en": ("user_authentication", "authentication", "KIOSK77", "9182", "WRONG12"),
}
"""The PIN that is reset, its slot, the one that is known, the new one, and a wrong one."""


def honnin(site: Site, *words: str, pins: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "honnin", *words, "--pin-fd", "0"],
        env=plain_environment(site.home),
        input=pins,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def look(page: Page, language: str, name: str) -> None:
    page.wait_for_load_state()
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"kiosk-{language}-{name}.png")
    words = unmarked_japanese if language == "en" else buttons_without_an_act
    for rule in (barriers, torn_words, lines_begun_by_stops, words):
        assert rule(page) == [], (name, rule)
    assert unlike_the_rules(page, SCREEN["width"]) == [], name
    size = page.evaluate("(({scrollWidth: w, scrollHeight: h}) => [w, h])(document.documentElement)")
    assert size[0] <= SCREEN["width"], name
    assert size[1] <= SCREEN["height"], name


def press(page: Page, text: str) -> None:
    """By the pad on the screen."""
    for key in text:
        page.click(f".pad [data-key='{key}']")


def tab_to(page: Page, target: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def reset(page: Page, language: Language, card: str, seen: Callable[[str], None]) -> None:
    """From the welcome page to the receipt, with a wrong PIN on the way."""
    pin, _slot, known, new, wrong = WAYS[language]
    page.goto("/kiosk/")
    seen("welcome")
    page.click(f"a[href$='/{pin}/']")
    page.select_option("#id_card", card)
    seen("card")
    page.click(ACT)
    press(page, wrong)
    page.click(ACT)
    expect(page.locator(".refusal .code")).to_have_text("E_PIN_WRONG")
    seen("wrong")
    press(page, known)
    page.click(".pad [data-key=one]")
    press(page, known[-1])
    page.click(ACT)
    seen("new")
    tab_to(page, "#id_new_pin")
    page.keyboard.type(new.lower())
    page.keyboard.press("Tab")
    page.keyboard.type(new)
    tab_to(page, ACT)
    page.keyboard.press("Enter")
    expect(page.locator(".definitions")).to_contain_text(card)
    seen("receipt")


def test_a_pin_is_reset_by_pad_and_keyboard_and_works(site: Site, visitors: Visitors) -> None:
    if closed_refusals(SystemClock().now()):  # at this hour there is one page
        page = visitors("", language="ja").new_page()
        page.set_viewport_size(SCREEN)
        page.goto("/kiosk/")
        expect(page.locator("h1")).to_have_text("ただいま利用時間外です")
        look(page, "ja", "closed")
        return
    card = honnin(site, "card", "create", "adult", pins="ABC123\n1234\n")
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        pin, slot, known, new, _wrong = WAYS[language]
        honnin(site, "reservation", "make", card, "--slot", slot, pins=f"{known}\n")
        page = visitors("", language=language).new_page()
        page.set_viewport_size(SCREEN)
        reset(page, language, card, partial(look, page, language))
        with CardFile.open(site.home / "cards" / f"{card}.json") as file:
            session = CardSession(InProcess(file.card))
            session.select_jpki()
            session.verify_pin(KeySlot(slot), Pin(new))
        page.click(ACT)
        page.click(f"a[href$='/{pin}/']")
        page.select_option("#id_card", card)
        page.click(ACT)
        expect(page.locator(".refusal .code")).to_have_text("E_RESERVATION_USED")
        look(page, language, "ended")
