"""Applications, from the person's page to the receipt: each once refused, put right, and carried out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.site import COLLEAGUE, Site
from tests.browser.walk import Walk

pytestmark = pytest.mark.browser

Walks = Callable[[str], Walk]
APPROVE = "form[action$='/approve/'] button"
HAND_OVER = "form[action$='/hand-over/'] button"
EVIDENCE = "button[formaction$='/evidence/']"
PINS = {"user_authentication": "1234", "signature": "ABC123"}
KNOWN = {"resident_register_known": "1234", "user_authentication_known": "1234", "signature_known": "ABC123"}


def twice(pins: dict[str, str]) -> dict[str, str]:
    """Each new PIN, and again."""
    return {f"{kind}_pin{again}": pin for kind, pin in sorted(pins.items()) for again in ("", "_again")}


def add_licence(on: Walk, copy_file: Path) -> None:
    on.pick("document", "driving_licence")
    on.attach("copy", copy_file)
    on.send(EVIDENCE, act="add evidence")


def test_the_first_certificates(walk: Walks, site: Site, copy_file: Path) -> None:
    """Without a document it cannot be accepted; with one the certificates are issued and handed over."""
    english = walk("en")
    english.open(site.people["first"])
    english.go("a[href$='/new-application/']")
    english.tick("terms_accepted")
    english.send(act="receive")
    english.reads("E_ID_DOC_MISSING")
    number = english.page.url

    japanese = walk("ja")
    japanese.open(number)
    add_licence(japanese, copy_file)
    japanese.send(APPROVE, act="approve")
    japanese.type(**twice(PINS))
    japanese.send(act="note issued")
    japanese.tells("Receipt for certificates issued", "Print this page")
    japanese.again("note issued", button="#entry button[type=submit]")
    japanese.send(HAND_OVER, act="hand over")
    japanese.tells("The card and the receipt were handed over. The work is done.")
    japanese.again("hand over")


def test_forgotten_pins(walk: Walks, site: Site, copy_file: Path) -> None:
    japanese = walk("ja")
    japanese.open(site.people["pins"])
    japanese.go("a[href$='/new-pin-reset/']")
    japanese.tick("pins_0")
    japanese.send(act="receive")
    japanese.reads("E_ID_DOC_MISSING")
    number = japanese.page.url

    english = walk("en")
    english.open(number)
    add_licence(english, copy_file)
    english.send(APPROVE, act="approve")
    kinds = [each for each in PINS if english.page.locator(f"#id_{each}_pin").count()]
    english.type(**twice({each: PINS[each] for each in kinds}))
    english.send(act="set PINs")
    english.tells("The new PINs were set. Give the card back to its holder.")
    english.again("set PINs")


def test_a_revocation(walk: Walks, site: Site, copy_file: Path) -> None:
    """Nothing is revoked before its holder has shown who they are; then what was named, and no more."""
    english = walk("en")
    english.open(site.people["revocation"])
    english.go("a[href$='/new-revocation/']")
    english.tick("purposes_0")
    english.choose("why", "key_known")
    english.tick("form_received")
    english.send(act="receive")
    english.reads("E_ID_DOC_MISSING")
    number = english.page.url

    japanese = walk("ja")
    japanese.open(number)
    add_licence(japanese, copy_file)
    japanese.send(APPROVE, act="approve")
    japanese.tells("A revoked certificate never comes back", "Will be revoked")
    japanese.send(act="ask to revoke")
    japanese.tells("Receipt for a revocation", "%(certificate)s: revoked.")
    japanese.again("ask to revoke")


def apply_for_renewal(on: Walk, site: Site, whose: str, copy_file: Path, **proxy: str) -> None:
    on.open(site.people[whose])
    on.go("a[href$='/new-renewal/']")
    on.tick("card_presented")
    on.pick("document_1", "driving_licence")
    on.attach("copy_1", copy_file)
    if proxy:
        on.pick("proxy_kind", "mandated")
        on.type(proxy_name="代理　一郎")
        on.pick("proxy_document", "driving_licence")
        on.attach("proxy_copy", copy_file)
        on.pick("envelope", proxy["envelope"])
    on.tick("terms_accepted")
    on.send(act="receive")


def test_a_renewal_in_person(walk: Walks, site: Site, copy_file: Path) -> None:
    """A PIN that does not open the card keeps the application from being accepted; with all three the new
    certificates are written.
    """
    english = walk("en")
    apply_for_renewal(english, site, "renewal", copy_file)
    english.go("a.button[href$='/prove-pins/']")
    english.type(**KNOWN | {"resident_register_known": "9999"})
    english.send()
    english.reads("E_PIN_WRONG")
    expect(english.page.locator("main")).to_contain_text("tries left: 2")
    address = english.page.url

    japanese = walk("ja")
    japanese.open(address)
    japanese.type(**KNOWN)
    japanese.send()
    japanese.tells("The PINs were confirmed.", "The certificates can be renewed")
    japanese.again("prove PINs")
    japanese.send(APPROVE, act="approve")
    japanese.send(act="note renewed")
    japanese.tells("Receipt for certificates renewed", "The renewal is free of charge.")
    japanese.again("note renewed")


def test_a_renewal_by_proxy(walk: Walks, site: Site, copy_file: Path) -> None:
    """An envelope without its seal; another one, opened by two, whose PINs do not match: the holder is asked
    by post.
    """
    japanese = walk("ja")
    apply_for_renewal(japanese, site, "proxy", copy_file, envelope="not_sealed")
    japanese.reads("E_SEAL_BROKEN")
    number = japanese.page.url

    english = walk("en")
    english.open(number)
    english.go("a[href$='/amend/']")
    english.pick("envelope", "sealed")
    english.send(act="amend")
    english.send(APPROVE, act="approve")
    user_name, password = COLLEAGUE
    english.type(**{"colleague-username": user_name, "colleague-password": password})
    english.send(act="open envelope")
    english.type(**KNOWN | {"resident_register_known": "9999"})
    english.send()
    english.tells("The PINs of the form do not open the card")
    english.reads("E_PIN_MISMATCH_INQUIRY")
    english.send("form[action$='/inquiry/'] button", act="order inquiry")
    english.tells("The document inquiry was ordered: a letter goes to the holder.")
    english.again("order inquiry")


def test_the_second_visit_of_a_proxy(walk: Walks, site: Site) -> None:
    """With the answer to the letter new PINs are set, and the certificates renewed."""
    english = walk("en")
    english.open(site.people["second-visit"])
    english.go("main a[href*='/counter/applications/']")
    english.go("main a[href$='/renew/']")
    english.send("form[action$='/answer/'] button", act="note answer to inquiry")
    english.tells("The answer was recorded. The PINs can be set anew.")
    address = english.page.url

    japanese = walk("ja")
    japanese.open(address)
    japanese.tells("Type the new PINs of the holder. They go to the card, and are kept nowhere else.")
    pins = {"resident_register": "2468", "user_authentication": "7531", "signature": "NEU456"}
    japanese.type(**{f"{kind}_pin{again}": pin for kind, pin in pins.items() for again in ("", "_again")})
    japanese.send(act="note renewed")
    japanese.tells("Receipt for certificates renewed")
    japanese.again("note renewed")
