"""Every page, in both languages and at two widths: accessible, never scrolling sideways, translated, and
of the look that every page has (`looks`).
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState
from tools.translations import catalogues

from honnin.clock import SystemClock, day_in_japan
from honnin.errors import Language, catalogue
from honnin.translation import gettext
from tests.browser.looks import (
    barriers,
    buttons_without_an_act,
    torn_words,
    unlike_the_rules,
    unmarked_japanese,
    with_long_names,
)
from tests.browser.site import Site, Visitors

pytestmark = pytest.mark.browser

NOBODY = ("start", "guide", "sign-in", "sign-in-wrong")
OPERATOR = ("hotline hotline-empty hotline-hits hotline-nobody confirm confirm-nothing holder calls").split()
CLERK = (
    "applications applications-2 search search-empty search-hits search-elsewhere search-nobody resident "
    "resident-held resident-lost receipt-lapsed resident-elsewhere resident-elsewhere-shown reason-wrong "
    "new-application new-application-rare new-application-wrong application-refused "
    "application-fine application-rejected application-approved application-issued application-handed-over "
    "evidence-wrong rejection-wrong withdrawal-wrong amend issue issue-wrong issue-cut receipt "
    "receipt-handed-over release paper-form paper-form-revocation new-revocation new-revocation-wrong "
    "new-revocation-nothing application-revocation application-revocation-refused application-revoked "
    "revoke revocation-receipt record-error record-error-empty record-error-nothing confirm-record-error "
    "address address-wrong address-confirm "
    "move-out move-out-wrong move-out-confirm move-out-overdue move-out-ahead "
    "birth birth-confirm move-abroad move-abroad-confirm "
    "conflict not-resident not-allowed "
    "not-found application-pins application-pins-refused application-pins-set set-pins set-pins-wrong "
    "resident-moved card-update card-clear card-end card-wrong new-pin-reset new-pin-reset-wrong "
    "application-lapsed application-gone new-pin-reset-lost moved-out "
    "resident-due new-renewal new-renewal-wrong application-renewal renew renew-wrong renew-anew "
    "renew-known renew-cut application-renewal-pins application-renewal-proved prove-pins "
    "prove-pins-wrong "
    "renewals-due renewals-due-lapsed envelopes inquiries "
    "application-renewed renewal-receipt open-envelope open-envelope-wrong renew-inquiry"
).split()
# What is typed into the search of a page, field by field; the answer stands under an address of its own.
SOUGHT = {
    "search-empty": ("search", {"#id_text": ""}),
    "search-hits": ("search", {"#id_text": "一覧"}),
    "search-elsewhere": ("search", {"#id_text": "近隣"}),
    "search-nobody": ("search", {"#id_text": "不在太郎"}),
    "hotline-empty": ("hotline", {"#id_name": "", "#id_birth_date": "きのう"}),
    "hotline-hits": ("hotline", {"#id_name": "紛失七子", "#id_birth_date": "平成2年3月15日"}),
    "hotline-nobody": ("hotline", {"#id_name": "不在太郎", "#id_birth_date": "1990-03-15"}),
}
# Pages that a form leads to: the page it stands on, and the button that sends it as it is.
SENT = {
    "new-application-wrong": ("new-application", "main form button.button"),
    "evidence-wrong": ("application-refused", "button[formaction$='/evidence/']"),
    "rejection-wrong": ("application-refused", "button[formaction$='/reject/']"),
    "withdrawal-wrong": ("application-refused", "button[formaction$='/withdraw/']"),
    "amend": ("application-refused", "a[href$='/amend/']"),
    "record-error-empty": ("record-error", "main form button.button"),
    "new-revocation-wrong": ("new-revocation", "main form button.button"),
    "issue-wrong": ("issue", "main form button.button"),
    "set-pins-wrong": ("set-pins", "main form button.button"),
    "card-wrong": ("card-update", "main form button.button"),
    "new-pin-reset-wrong": ("new-pin-reset", "main form button.button"),
    "address-wrong": ("address", "main form button.button"),
    "address-confirm": ("address", "main form button.button"),
    "move-out-wrong": ("move-out", "main form button.button"),
    "move-out-confirm": ("move-out", "main form button.button"),
    "move-out-overdue": ("move-out", "main form button.button"),
    "move-out-ahead": ("move-out", "main form button.button"),
    "birth-confirm": ("birth", "main form button.button"),
    "move-abroad-confirm": ("move-abroad", "main form button.button"),
    "new-renewal-wrong": ("new-renewal", "main form button.button"),
    "open-envelope-wrong": ("open-envelope", "main form button.button"),
    "prove-pins-wrong": ("prove-pins", "main form button.button"),
    "renew-wrong": ("renew-known", "main form button.button"),
    "reason-wrong": ("resident-elsewhere", "main form button.button"),
}
CHOSEN = "(chosen)"
AHEAD = (day_in_japan(SystemClock().now()) + timedelta(days=20)).isoformat()
# What is typed into a notice before it is sent, or chosen there.
NOTICED = {
    "address-confirm": {"#id_address": "みほん県みほん市例示町９－９"},
    "move-out-confirm": {"#id_destination": "ほかの県ほかの市１－２－３"},
    "move-out-ahead": {"#id_destination": "ほかの県ほかの市１－２－３", "#id_moved_on": AHEAD},
    "birth-confirm": {
        "#id_name": "一覧　三郎",
        "#id_kana": "イチラン　サブロウ",
        "#id_birth_date": "2026-05-30",
        "#id_sex_0": CHOSEN,
    },
    "move-abroad-confirm": {
        "#id_destination": "ドイツ",
        "#id_moved_on": AHEAD,
        "#id_keeps_card": CHOSEN,
    },
    "move-out-overdue": {"#id_destination": "ほかの県ほかの市１－２－３", "#id_moved_on": "2024-06-02"},
}
WIDTHS = (1366, 1280, 1024, 768, 390, 320)
READ_AT = (1280, 390)
# The judge of barriers takes most of the time: a page goes to it once a language, at one width of these.
JUDGED = [
    ("ja", 320, (1366, 1280, 390, 320)),
    ("en", 1366, (1366, 1024, 768, 320)),
    pytest.param("ja", 1366, WIDTHS, marks=pytest.mark.long),
    pytest.param("en", 320, WIDTHS, marks=pytest.mark.long),
]
SHOT_AT = (1280, 390)
SHOTS = os.environ.get("HONNIN_SHOTS", "")


def open_page(page: Page, site: Site, name: str) -> None:
    if name in ("start", "guide"):
        page.goto("/" if name == "start" else f"/{name}/")
        return
    if name.startswith("sign-in"):
        page.goto("/sign-in/")
        if name == "sign-in-wrong":
            page.fill("#id_username", "somebody")
            with page.expect_navigation():
                page.click("main button[type=submit]")
        return
    if name in SOUGHT:
        search_for(page, site, name)
        return
    origin, button = SENT.get(name, (name, ""))
    page.goto(site.addresses[origin])
    if name == "resident-elsewhere-shown" and page.locator("#id_why_0").count():
        page.check("#id_why_0")
        page.fill("#id_explanation", "転入の手続")
        button = "main form button.button"
    if button:
        for field, text in NOTICED.get(name, {}).items():
            page.check(field) if text == CHOSEN else page.fill(field, text)
        if name == "card-wrong":
            page.select_option("#id_card", "")
        if name == "new-application-wrong":
            page.select_option("#id_proxy_kind", "mandated")
        with page.expect_navigation():
            page.locator(button).last.click()


def scrolls_sideways(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 900})
    return bool(page.evaluate("document.documentElement.scrollWidth") > width)


def search_for(page: Page, site: Site, name: str) -> None:
    """Send the search; what was typed stands in no address, and a reload asks for nothing."""
    origin, typed = SOUGHT[name]
    page.goto(site.addresses[origin])
    for field, text in typed.items():
        page.fill(field, text)
    with page.expect_navigation():
        page.locator("main form[role=search] button").click()
    assert re.fullmatch(
        rf"{re.escape(site.addresses[origin])}search/[0-9a-f]{{32}}/", urlsplit(page.url).path
    )
    page.reload()


@pytest.fixture(scope="module")
def page_for(
    site: Site, chromium: Browser, signed_in: Callable[[str], StorageState]
) -> Iterator[Callable[[str, str], Page]]:
    """A page in the browser of an account in a language, which is one for all pages: it loads a file once."""
    kept: dict[tuple[str, str], BrowserContext] = {}

    def opened(user_name: str, language: str) -> Page:
        if (user_name, language) not in kept:
            state = signed_in(user_name) if user_name else None
            context = chromium.new_context(base_url=site.origin, locale=language, storage_state=state)
            context.set_default_timeout(15_000)
            kept[user_name, language] = context
        page = kept[user_name, language].new_page()
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        return page

    yield opened
    for context in kept.values():
        context.close()


@pytest.mark.parametrize(("language", "judged_at", "widths"), JUDGED)
@pytest.mark.parametrize("name", [*NOBODY, *CLERK, *OPERATOR])
def test_a_page_is_accessible_narrow_and_in_one_language(
    site: Site,
    page_for: Callable[[str, str], Page],
    name: str,
    language: str,
    judged_at: int,
    widths: tuple[int, ...],
) -> None:
    role = "" if name in NOBODY else "operator" if name in OPERATOR else "hanako"
    page = page_for(role, language)
    noise: list[str] = []
    page.on("console", lambda said: noise.append(said.text) if said.type in ("error", "warning") else None)
    open_page(page, site, name)
    for width in widths:
        assert not scrolls_sideways(page, width)
        if width in READ_AT:
            assert torn_words(page) == []
        if width in (1366, 320):
            assert unlike_the_rules(page, width) == []
        if width == judged_at:
            assert barriers(page) == []
    for width in SHOT_AT if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(SHOTS) / f"{name}-{language}-{width}.png", full_page=True)
    assert (unmarked_japanese(page) if language == "en" else buttons_without_an_act(page)) == []
    assert page.locator("html").get_attribute("lang") == language
    assert foreign_words(page, language) == []
    if language == "en":
        with_long_names(page)
        assert [width for width in widths if scrolls_sideways(page, width)] == []
    assert [line for line in noise if "status of" not in line] == []
    page.close()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_terms_of_use_are_read_on_any_screen(visitors: Visitors, language: str) -> None:
    """They are laid out as the guide is, and long: one look for what only they have."""
    page = visitors("", language=language).new_page()
    page.goto("/terms/#article-14")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".contents-wide").is_visible() is (width >= 1024)
    box = page.locator("#article-14").bounding_box()
    assert box is not None
    assert box["y"] < 100
    page.emulate_media(media="print")
    hidden = page.locator(".header, .footer, .contents-wide, .contents-narrow")
    assert not any(each.is_visible() for each in hidden.all())
    if language == "ja":
        assert barriers(page) == []


def test_every_prepared_page_is_looked_at(site: Site) -> None:
    assert set(site.addresses) <= {*CLERK, *OPERATOR}
    assert {*CLERK, *OPERATOR} - set(SENT) - set(SOUGHT) == set(site.addresses)


TEXTS = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest(".language-switch, script, style")) found.push(walker.currentNode.data);
  }
  for (const element of document.querySelectorAll("[aria-label], [alt], [placeholder], [data-label]"))
    for (const name of ["aria-label", "alt", "placeholder", "data-label"])
      if (element.hasAttribute(name)) found.push(element.getAttribute(name));
  return found.map(text => text.replace(/\\s+/g, " ").trim()).filter(text => text);
}"""


def foreign_words(page: Page, language: str) -> list[str]:
    """Texts of the page that are sentences of the other language."""
    exact, patterns = _sentences("en" if language == "ja" else "ja")
    texts = set(page.evaluate(TEXTS))
    return [text for text in texts if text in exact or any(each.fullmatch(text) for each in patterns)]


@cache
def _sentences(language: Language) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Those that stand on pages as they are, and those in which something is filled in."""
    sentences = {" ".join(sentence.split()) for sentence in _own_sentences(language)}
    exact = frozenset(each for each in sentences if not _PLACE.search(each))
    return exact, tuple(_pattern(each) for each in sorted(sentences - exact))


def _own_sentences(language: Language) -> Iterator[str]:
    for translations in catalogues().values():
        for message in translations:
            forms = (message.id, message.string)
            both = [list(form) if isinstance(form, tuple | list) else [str(form)] for form in forms]
            if not message.id or both[0] == both[1]:
                continue
            own = both[0] if language == "en" else both[1]
            yield from (text for text in own if re.search(r"[^\W_]{2}", _PLACE.sub("", text)))
    for entry in catalogue().values():
        yield from (gettext(sentence, language) for sentence in entry.values())


_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


def _pattern(sentence: str) -> re.Pattern[str]:
    """The sentence with anything in place of its placeholders."""
    return re.compile(".+".join(re.escape(part) for part in _PLACE.split(sentence)))


def test_the_search_for_foreign_words_finds_them(site: Site, visitors: Visitors) -> None:
    page = visitors("hanako", language="en").new_page()
    page.goto(site.addresses["application-refused"])
    assert "Examination" in foreign_words(page, "ja")
    assert any("cannot be issued" in text for text in foreign_words(page, "ja"))
