"""The first tutorial, followed to the end: the commands in a shell, the pages in a real browser."""

import json
import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.docs.samples import ROOT, Reader

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGE = ROOT / "docs" / "tutorials" / "first-certificate.md"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


class Following:
    """The reader at the browser. Every word that is clicked or filled in must stand on the page."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self._address = page, address
        self._said = " ".join(PAGE.read_text("utf-8").split())

    def enter(self, words: str) -> None:
        self._page.goto(self._address)
        self.choose(words)

    def said(self, words: str) -> str:
        assert f"**{words}**" in self._said, f"the tutorial does not say {words!r}"
        return words

    def choose(self, words: str) -> None:
        name = self.said(words)
        link = self._page.get_by_role("link", name=name, exact=True)
        link.or_(self._page.get_by_role("button", name=name, exact=True)).click()

    def fill(self, label: str, text: str) -> None:
        assert f"`{text}`" in self._said or re.match(r"\d{4}-", text), f"the tutorial does not say {text!r}"
        # A label goes on with whether the field is required.
        self._page.get_by_label(re.compile(rf"^\s*{re.escape(self.said(label))}(?! \()")).fill(text)

    def see(self, words: str) -> None:
        expect(self._page.get_by_text(self.said(words)).first).to_be_visible()


def issue_at_the_counter(page: Page, you: Following, picture: Path) -> None:
    you.choose("New application")
    you.see("Residents and their certificates")
    page.get_by_role("textbox").fill("渡辺 和子")
    you.choose("Search")
    page.get_by_role("row", name="仮名町６－２１－１０").get_by_role("link").click()
    expect(page.get_by_text("TEST00000000001")).to_be_visible()
    you.choose("New application")
    page.get_by_label(you.said("The applicant has read the terms of use and accepts them")).check()
    you.choose("Receive the application")
    expect(page.get_by_text("The certificates cannot be issued, for 1 reason.")).to_be_visible()
    expect(page.get_by_role("button", name="Accept the application", exact=True)).to_have_count(0)
    page.get_by_label("Document", exact=True).select_option(label=you.said("Driving licence"))
    page.get_by_label(you.said("Copy of the document")).set_input_files(picture)
    you.choose("Keep the copy")
    you.see("The certificates can be issued")
    you.choose("Accept the application")
    for label, pin in (
        ("PIN of the signature certificate", "HONNIN2026"),
        ("PIN of the user-authentication certificate", "4126"),
    ):
        you.fill(label, pin)
        page.get_by_label(f"{label} (again)").fill(pin)
    you.choose("Set and issue")
    you.choose("Record the handover")
    you.choose("Sign out")


def hold_by_telephone(page: Page, you: Following, birth_date: str) -> None:
    you.fill("Name", "渡辺和子")
    you.fill("Date of birth", birth_date)
    you.choose("Search")
    page.get_by_role("row", name="仮名町６－２１－１０").get_by_role("link").click()
    you.choose("Hold and revoke the certificates")
    you.see("On hold")
    you.see("Revoked")


def test_the_first_certificate_from_application_to_loss(tmp_path: Path, chromium: Browser) -> None:
    screens, status = free_port(), free_port()
    ports = {"honnin up": f"honnin up --port {screens} --ocsp-port {status}"}
    ports |= {":8600": f":{screens}", ":8602": f":{status}"}
    page = chromium.new_page(locale="en-GB")
    you = Following(page, f"http://127.0.0.1:{screens}/")
    picture = tmp_path / "licence.pdf"
    picture.write_bytes(b"%PDF-1.7 a picture of nobody's licence %%EOF")
    with Reader(tmp_path, instead=ports) as reader:

        def at_the_counter() -> None:
            you.enter("Enter as a clerk")
            issue_at_the_counter(page, you, picture)

        def at_the_telephone() -> None:
            told = json.loads(reader.execute_quietly("honnin verify letter-signed.pdf --json"))
            you.enter("Enter as an operator")
            hold_by_telephone(page, you, told["signatures"][0]["birth_date"].split()[0])

        reader.follow(PAGE, at={"2. At the counter": at_the_counter, "4. The card is lost": at_the_telephone})
