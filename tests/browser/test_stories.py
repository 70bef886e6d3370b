"""What people do at the counter and on the telephone, from signing in to the last page."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as read
from playwright.sync_api import Page, expect

from honnin.clock import SystemClock
from honnin.pkix import ocsp
from honnin.sites.home import Home
from honnin.sites.responder import make_responder
from tests.browser.site import Site, Visitors
from tests.browser.walk import Walk

pytestmark = pytest.mark.browser


def sign_in(page: Page, site: Site, user_name: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(user_name)
    page.get_by_label("Password").fill(site.passwords[user_name])
    page.get_by_role("button", name="Sign in").click()


def answered(site: Site, purpose: str, serial_number: int) -> str:
    """What the real status service says over the same records, read from its signed response."""
    responder = make_responder(Home(site.home), SystemClock())
    name = {"signature": "signature", "user_authentication": "authentication"}[purpose]
    issuer = x509.load_der_x509_certificate((site.home / "publication" / f"{name}-ca.cer").read_bytes())
    body = responder.answer(ocsp.request(ocsp.cert_id_of(issuer, serial_number))).body
    response = read.load_der_ocsp_response(body)
    reason = response.revocation_reason
    return f"{response.certificate_status.name} {reason.name if reason else ''}".strip()


def apply_for(page: Page, name: str, copy: Path | None) -> None:
    page.get_by_role("link", name="Residents and their certificates").first.click()
    page.get_by_label("Name, name in katakana").fill(name)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=name[:2]).click()
    page.get_by_role("link", name="New application").click()
    if copy is not None:
        page.get_by_label("First identity document").select_option("driving_licence")
        page.get_by_label("Copy of the first document").set_input_files(copy)
    page.get_by_label("accepts them").check()
    page.get_by_role("button", name="Receive the application").click()


def type_pins(page: Page) -> None:
    for field, pin in (
        ("#id_signature_pin", "ABC123"),
        ("#id_signature_pin_again", "ABC123"),
        ("#id_user_authentication_pin", "1234"),
        ("#id_user_authentication_pin_again", "1234"),
    ):
        page.locator(field).fill(pin)


def require_refusals(page: Page, codes: list[str]) -> None:
    """What the page says against the application, once it is there."""
    expect(page.locator(".refusal .code")).to_have_text(codes)


def keep_a_scan_through_a_fault_and_another_language(page: Page, copy_file: Path) -> None:
    """A copy whose document was not said, and a reason that is half written."""
    page.get_by_label("Copy of the document").set_input_files(copy_file)
    page.get_by_label("Reason for rejecting it").fill("確認中")
    page.get_by_role("button", name="Keep the copy").click()
    for language in ("日本語", "English"):
        expect(page.locator("main")).to_contain_text(copy_file.name)
        page.get_by_role("button", name=language).click()
        expect(page.locator("#id_reason")).to_have_value("確認中")
    expect(page.locator("main")).to_contain_text(copy_file.name)


def keep_a_reason_beyond_the_session(page: Page, site: Site, user_name: str) -> None:
    """The session ends while a reason is typed: it comes back after the sign-in, and nothing was done."""
    page.get_by_label("Reason for rejecting it").fill("照会中")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Reject the application").click()
    expect(page.get_by_role("status")).to_contain_text("what was entered is then shown again")
    page.get_by_label("User name").fill(user_name)
    page.get_by_label("Password").fill(site.passwords[user_name])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was recorded yet.")
    expect(page.locator("#id_reason")).to_have_value("照会中")
    page.locator("#id_reason").fill("")


def issue(page: Page) -> dict[str, int]:
    """Type the PINs and issue; the serial numbers on the receipt, by purpose."""
    type_pins(page)
    page.get_by_role("button", name="Set and issue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt for certificates issued")
    printed = page.locator(".receipt td .code").all_inner_texts()
    numbers = (int(text, 16) for text in printed)
    return dict(zip(("user_authentication", "signature"), numbers, strict=True))


def hold_by_telephone(page: Page) -> None:
    page.get_by_label("Name").fill("手本 太郎")
    page.get_by_label("Date of birth").fill("平成2年3月15日")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="手本").click()
    page.get_by_role("button", name="Hold and revoke the certificates").click()


def release_at_the_counter(page: Page) -> None:
    page.get_by_role("link", name="Residents and their certificates").first.click()
    page.get_by_label("Name, name in katakana").fill("手本太郎")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="手本").click()
    page.get_by_role("link", name="Release the hold").click()
    page.get_by_label("PIN of the user-authentication certificate").fill("1234")
    page.get_by_role("button", name="release the hold").click()


def test_issued_at_the_counter_held_by_telephone_released_at_the_counter(
    site: Site, visitors: Visitors, copy_file: Path
) -> None:
    """Without any script in the pages."""
    page = visitors(language="en", scripts=False).new_page()
    sign_in(page, site, "hanako")

    apply_for(page, "手本太郎", None)
    keep_a_reason_beyond_the_session(page, site, "hanako")
    keep_a_scan_through_a_fault_and_another_language(page, copy_file)
    require_refusals(page, ["E_ID_DOC_MISSING"])
    page.get_by_label("Document", exact=True).select_option("passport")
    page.get_by_role("button", name="Keep the copy").click()
    require_refusals(page, [])
    page.get_by_role("button", name="Accept the application", exact=True).click()

    serial_numbers = issue(page)
    assert [answered(site, *one) for one in serial_numbers.items()] == ["GOOD", "GOOD"]
    page.get_by_role("button", name="Record the handover").click()

    operator = visitors(language="en", scripts=False).new_page()
    sign_in(operator, site, "operator")
    hold_by_telephone(operator)
    expect(operator.locator("td .badge")).to_have_text(["Revoked", "On hold"])
    assert {purpose: answered(site, purpose, number) for purpose, number in serial_numbers.items()} == {
        "user_authentication": "REVOKED certificate_hold",
        "signature": "REVOKED key_compromise",
    }

    release_at_the_counter(page)
    certificates = page.locator("section[aria-labelledby=certificates]")
    expect(certificates.locator("td .badge")).to_have_text(["Revoked", "Valid"])
    assert answered(site, "user_authentication", serial_numbers["user_authentication"]) == "GOOD"

    apply_for(page, "手本太郎", copy_file)
    require_refusals(page, [])  # what the holder has is not ticked beforehand
    page.get_by_role("link", name="Correct the application").click()
    page.get_by_label("User-authentication certificate").check()
    page.get_by_label("accepts them").uncheck()
    page.get_by_role("button", name="Record the correction").click()
    require_refusals(page, ["E_TERMS_NOT_ACCEPTED", "E_DUPLICATE_CERT"])
    page.get_by_label("It was received by mistake").check()
    page.get_by_role("button", name="Withdraw the application").click()
    expect(page.get_by_role("status")).to_contain_text("The application was withdrawn.")


LOST_FOR_GOOD = ("署名", "失効", "満了")


def found_at_the_counter(page: Page, site: Site, name: str) -> None:
    page.goto(site.addresses["search"])
    page.fill("#id_text", name)
    page.locator("main form[role=search] button").click()
    page.get_by_role("link", name=name).click()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_loss_is_reported_by_telephone_and_closed_at_the_counter(
    site: Site, visitors: Visitors, language: str
) -> None:
    """Of a signature certificate alone, of a held one that was revoked, of certificates that have expired."""
    operator = visitors("operator", language=language).new_page()
    clerk = visitors("hanako", language=language).new_page()
    for given_name in LOST_FOR_GOOD:
        operator.goto(site.addresses["hotline"])
        operator.fill("#id_name", f"紛失 {given_name}")
        operator.fill("#id_birth_date", "H2.3.15")
        operator.locator("main form[role=search] button").click()
        operator.get_by_role("link", name=given_name).click()
        operator.locator("main form button[type=submit]").click()
        operator.goto(site.addresses["calls"])
        expect(operator.get_by_role("cell", name=f"紛失　{given_name}")).not_to_have_count(0)
        found_at_the_counter(clerk, site, f"紛失　{given_name}")
        open_loss = clerk.locator("section[aria-labelledby=loss]")
        open_loss.get_by_role("button").click()
        expect(clerk.get_by_role("status")).to_be_visible()
        expect(open_loss).to_have_count(0)
        operator.goto(site.addresses["calls"])
        expect(operator.get_by_role("cell", name=f"紛失　{given_name}")).to_have_count(0)


@pytest.mark.parametrize(("language", "given_name"), [("ja", "イチコ"), ("en", "ニコ")])
def test_a_box_that_was_forgotten_is_put_right(
    site: Site, visitors: Visitors, language: str, given_name: str
) -> None:
    page = visitors("hanako", language=language).new_page()
    found_at_the_counter(page, site, f"訂正　{given_name}")
    page.locator("main a[href*='/counter/applications/']").first.click()
    require_refusals(page, ["E_TERMS_NOT_ACCEPTED"])
    page.locator("main a[href$='/amend/']").click()
    page.locator("#id_terms_accepted").check()
    page.locator("#entry .button-row button[type=submit]").click()
    require_refusals(page, [])


def test_a_wrong_applicant_is_told_why_and_what_to_do(site: Site, visitors: Visitors) -> None:
    page = visitors("hanako", language="en").new_page()
    look_up(page, site, "不在太郎")
    require_refusals(page, ["E_NOT_RESIDENT"])
    look_up(page, site, "近隣八子")
    expect(page.locator("td")).to_have_text(["ためし市", "–", "–", "–"])
    page.get_by_role("link", name="近隣").click()
    require_refusals(page, ["E_OFFICE_WRONG"])
    expect(page.locator(".refusal").first).to_contain_text("Next step")
    expect(page.locator("main")).not_to_contain_text("1990")
    expect(page.get_by_role("link", name="New application")).to_have_count(0)


def look_up(page: Page, site: Site, name: str) -> None:
    page.goto(site.addresses["search"])
    page.get_by_label("Name, name in katakana").fill(name)
    page.get_by_role("button", name="Search").click()


def test_a_search_stands_in_no_address_and_survives_back_and_reload(site: Site, visitors: Visitors) -> None:
    page = visitors("hanako", language="en").new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(unquote(request.url + str(request.headers))))
    look_up(page, site, "一覧")
    found = page.url
    page.get_by_role("link", name="一覧").first.click()
    page.go_back()
    assert page.url == found
    expect(page.get_by_role("link", name="一覧").first).to_be_visible()
    page.get_by_role("button", name="日本語").click()
    assert page.url == found
    expect(page.get_by_role("link", name="一覧").first).to_be_visible()
    field = page.get_by_role("textbox")
    field.fill("別の人")
    page.get_by_role("button", name="English").click()
    assert page.url == found
    expect(field).to_have_value("別の人")  # as typed, and not looked for yet
    field.press("Enter")
    expect(page.get_by_role("heading", name="Nobody was found")).to_be_visible()
    assert not [each for each in asked if "一覧" in each]


def test_the_keyboard_alone_signs_in(site: Site, visitors: Visitors) -> None:
    page = visitors(language="ja").new_page()
    page.goto("/sign-in/")
    walk = Walk(site, page)
    walk.type(username="hanako", password=site.passwords["hanako"])
    walk.tab_to("main button[type=submit]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/sign-in/" not in page.url
    page.wait_for_function("() => document.activeElement.matches('h1')")


def test_paper_carries_the_receipt_and_nothing_else(site: Site, visitors: Visitors) -> None:
    page = visitors("hanako").new_page()
    page.goto(site.addresses["receipt"])
    page.emulate_media(media="print")
    for hidden in (".header", ".steps", ".button-row", "footer", ".banner"):
        assert not page.locator(hidden).first.is_visible()
    expect(page.locator(".receipt-test-mark")).to_be_visible()
    expect(page.get_by_text("0120-95-0178")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_that_is_too_large_costs_nothing_else(
    site: Site, visitors: Visitors, tmp_path: Path, scripts: bool
) -> None:
    """With scripts it is said before anything is sent; without, the answer says how the form comes back."""
    large = tmp_path / "scan.jpg"
    with large.open("wb") as file:
        file.truncate(25 * 1024 * 1024)
    page = visitors("hanako", language="en", scripts=scripts).new_page()
    found_at_the_counter(page, site, "訂正　イチコ")
    page.goto(f"{page.url}new-application/")
    page.get_by_label("Name of the proxy").fill("代理 一郎")
    page.get_by_label("Copy of the first document").set_input_files(large)
    page.get_by_role("button", name="Receive the application").click()
    if scripts:
        expect(page.get_by_role("alert")).to_have_text("This file is larger than 5 MB. Choose a smaller one.")
    else:
        expect(page.locator("main")).to_contain_text("browser's Back button")
        page.go_back()
    expect(page.get_by_label("Name of the proxy")).to_have_value("代理 一郎")
