"""A clerk and an operator find 髙橋 花代 as she is spelled, said and written on a form, in both languages."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import Site, Visitors

pytestmark = pytest.mark.browser

NAME = "髙橋　花代"
NAMES = ("たかはし", "タカハシ", "ﾀｶﾊｼ", "高橋", "髙橋", "髙橋\U000e0101 花代", "花代", "takahashi hanayo")
DAYS = ("1980-05-01", "1980/5/1", "昭和55年5月1日", "S55.5.1", "19800501", "１９８００５０１")
ADDRESSES = ("手本通7-8", "みほん市手本通７丁目８番")


def sought(page: Page, address: str, fields: dict[str, str]) -> Page:
    page.goto(address)
    for field, text in fields.items():
        page.fill(field, text)
    page.locator("main form[role=search] button").click()
    return page


def shown(page: Page) -> None:
    expect(page.get_by_role("rowheader").filter(has_text=NAME)).to_have_count(1)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_clerk_finds_her(site: Site, visitors: Visitors, language: str) -> None:
    browser = visitors("hanako", language=language)
    page = browser.new_page()
    for text in (*NAMES, *DAYS, *ADDRESSES, "たかはし　昭和55年5月1日"):
        shown(sought(page, site.addresses["search"], {"#id_text": text}))
    page.get_by_role("link", name=NAME).click()
    assert NAME in page.title()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(page.locator("nav a[aria-current=page]").first).to_have_attribute("href", site.addresses["search"])
    number = re.search("TEST[0-9]{11}", page.locator("main").inner_text())
    assert number
    shown(sought(page, site.addresses["search"], {"#id_text": number[0].lower()}))
    an_operator_finds_her(visitors("operator", language=language), site, number[0])


def an_operator_finds_her(browser: BrowserContext, site: Site, number: str) -> None:
    page = browser.new_page()
    for name, day in [*((name, DAYS[0]) for name in NAMES), *((NAMES[0], day) for day in DAYS)]:
        shown(sought(page, site.addresses["hotline"], {"#id_name": name, "#id_birth_date": day}))
    shown(sought(page, site.addresses["hotline"], {"#id_card_number": number}))
    page.get_by_role("link", name=NAME).click()
    assert NAME in page.title()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
