"""What ends and begins again at the counter for who has a card: each once refused and once done."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.walk import Walk

pytestmark = pytest.mark.browser

Walks = Callable[[str], Walk]


def test_a_record_error(walk: Walks, site: Site) -> None:
    english = walk("en")
    english.open(site.people["record-error"])
    english.go("a[href$='/record-error/']")
    english.send()
    english.tells("Choose what is wrong.")

    japanese = walk("ja")
    japanese.open(site.people["record-error"])
    japanese.go("a[href$='/record-error/']")
    japanese.choose("item", "name")
    japanese.send()
    japanese.tells("A revoked certificate never comes back", "Will be revoked")
    japanese.send(act="record error found")
    japanese.tells("%(certificate)s: revoked; a new one can be applied for.")
    japanese.again("record error found")


def test_the_card_was_found(walk: Walks, site: Site) -> None:
    """A PIN that does not open the card leaves the hold; the right one releases it."""
    english = walk("en")
    english.open(site.people["found"])
    english.go("a[href$='/release/']")
    english.type(pin="9999")
    english.send()
    english.reads("E_PIN_WRONG")
    expect(english.page.locator("main")).to_contain_text("tries left: 2")

    japanese = walk("ja")
    japanese.open(site.people["found"])
    japanese.go("a[href$='/release/']")
    japanese.type(pin="1234")
    japanese.send(act="agency: card reported found")
    japanese.tells("The hold was released. The certificate is valid again.")
    japanese.again("agency: card reported found")


def test_a_card_is_brought_up_to_date(walk: Walks, site: Site) -> None:
    """Another's card is not written to, and nobody is accused: it is to be taken off the reader."""
    japanese = walk("ja")
    japanese.open(site.people["outdated"])
    japanese.go("a[href$='/card/update/']")
    japanese.pick("card", japanese.page.locator("#id_card option").nth(1).get_attribute("value") or "")
    japanese.send()
    japanese.reads("E_CARD_OTHERS")

    english = walk("en")
    english.open(site.people["outdated"])
    english.go("a[href$='/card/update/']")
    english.send(act="note card updated")
    english.tells("The card was updated: it says what the register says.")
    english.again("note card updated")


def test_a_card_is_taken_back(walk: Walks, site: Site) -> None:
    english = walk("en")
    english.open(site.people["returned"])
    english.go("a[href$='/card/end/']")
    english.pick("card", "")
    english.send()
    english.tells("Choose the card that lies on the reader.")

    japanese = walk("ja")
    japanese.open(site.people["returned"])
    japanese.go("a[href$='/card/end/']")
    japanese.tells("This ends the card and its certificates for good")
    japanese.send(act="report card invalid")
    japanese.tells("The card was ended, and nothing on it can be used any more.")
    japanese.again("report card invalid")
