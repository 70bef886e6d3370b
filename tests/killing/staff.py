"""A clerk and an operator at work, over HTTP, who go on where a server was killed; and what they were told.

Each act is noted when it is begun and when it was acknowledged. What was acknowledged must be in the records;
what was begun may be.
"""

import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.killing.browser import Browser, Failed, Form, Page

PINS = {"signature_pin": "ABC123", "user_authentication_pin": "1234"}
LONGEST_ACT = 30.0
RARE = "left to others: a name with rare characters"
PHOTO = b"\xff\xd8\xff\xe0 a photograph of a document\xff\xd9"
_SERIAL = re.compile(r">\s*([0-9A-F]{8})\s*<")


@dataclass
class Person:
    """Somebody with a card, and the clerk of their town."""

    person_code: str
    name: str
    birth_date: str
    card_number: str
    clerk: str


@dataclass
class Told:
    """What was begun and what was acknowledged about one person."""

    begun: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    done: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    number: str = ""
    page: str = ""  # of the application
    serial_numbers: dict[str, str] = field(default_factory=dict)  # by purpose
    addresses: list[str] = field(default_factory=list)  # begun
    address: str = ""  # acknowledged last
    held_since: float | None = None  # acknowledged, and no release begun since, nor under way then
    releasing: int = 0  # releases whose answer is awaited
    unsure_until: float = 0.0  # a release was cut: the server may do it still


class Ledger:
    """What all staff were told, by person; and what was wrong with the answers themselves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.people: dict[str, Told] = defaultdict(Told)
        self.wrong: list[str] = []
        self.failed = 0


class Staff:
    """Somebody with an account, who signs in again when that is asked for."""

    def __init__(self, site: str, user_name: str, password: str, ledger: Ledger) -> None:
        self.user_name = user_name
        self._password = password
        self._browser = Browser(site)
        self.ledger = ledger
        self._pages: dict[str, str] = {}

    def open(self, address: str) -> Page:
        page = self._browser.get(address)
        form = page.form(lambda form: "password" in form.fields)
        if form is None:
            return page
        self._browser.submit(page, form, {"username": self.user_name, "password": self._password})
        page = self._browser.get(address)
        if page.form(lambda form: "password" in form.fields):
            raise Failed(f"{self.user_name} cannot sign in")
        return page

    def act(
        self,
        person: Person,
        name: str,
        page: Page,
        form: Form,
        values: dict[str, str | bytes],
        acknowledged: Callable[[Page], object],
        more: list[tuple[str, str]] | None = None,
    ) -> Page:
        """Send a form that changes something, and note both that it was begun and that it was done."""
        told = self.ledger.people[person.person_code]
        with self.ledger.lock:
            told.begun[name] += 1
        after = self._browser.submit(page, form, values, more)
        if acknowledged(after):
            with self.ledger.lock:
                told.done[name] += 1
        return after

    def find(self, person: Person, search: str, values: dict[str, str]) -> Page:
        """The page of a person, by the search form the first time."""
        known = self._pages.get(person.person_code)
        if known:
            page = self.open(known)
            if page.status == 200:
                return page
        page = self.open(search)
        form = page.form(lambda form: set(values) <= set(form.fields))
        assert form is not None, page.text
        hits = self._browser.submit(page, form, dict(values))
        family_name = re.split(r"[\s\u3000]", person.name)[0]
        link = hits.link(lambda href, text: family_name in text)
        if link is None:
            raise Failed(f"{person.name} is not found: {hits.status} {hits.address}")
        page = self._browser.get(link)
        self._pages[person.person_code] = page.address
        return page


class Clerk(Staff):
    """Takes applications, issues, hands over; takes found cards, and new addresses."""

    def serve(self, person: Person) -> str:
        """The next step for a person; what it was."""
        page = self.find(person, "/counter/residents/", {"text": person.name})
        told = self.ledger.people[person.person_code]
        if told.done["handed over"]:
            return self._afterwards(person, told, page)
        if going := page.link(lambda href, _: "/applications/" in href and href.count("/") == 4):
            return self._go_on(person, told, self._browser.get(going))
        if told.begun["issued"]:  # what is issued is no application under way any more
            return self._go_on(person, told, self._browser.get(told.page))
        new = page.link(lambda href, _: href.endswith("/new-application/"))
        if new is None:
            raise Failed(f"no application can be made: {page.status} {re.findall(r'E_[A-Z_]+', page.text)}")
        return self._receive(person, told, self._browser.get(new))

    def _receive(self, person: Person, told: Told, page: Page) -> str:
        form = page.form(lambda form: "copy_1" in form.files)
        if form is None:
            raise Failed(f"{page.status} {page.address}")
        if any(name.startswith("recorded_") for name in form.fields):
            return RARE
        ticked = [("purposes", "signature"), ("purposes", "user_authentication"), ("terms_accepted", "on")]
        values: dict[str, str | bytes] = {"document_1": "driving_licence", "copy_1": PHOTO}
        after = self.act(person, "received", page, form, values, lambda page: _number(page), ticked)
        _note_number(told, after)
        return "received"

    def _go_on(self, person: Person, told: Told, page: Page) -> str:
        _note_number(told, page)
        if accept := page.form(lambda form: form.action.endswith("/approve/")):
            self.act(person, "approved", page, accept, {}, lambda page: page.address.endswith("/issue/"))
            return "approved"
        if issuing := page.link(lambda href, _: href.endswith("/issue/")):
            return self._issue(person, told, self._browser.get(issuing))
        receipt = page.link(lambda href, _: href.endswith("/receipt/"))
        if receipt is None:
            raise Failed(f"nothing goes on: {page.address} {re.findall(r'E_[A-Z_]+', page.text)}")
        return self._hand_over(person, told, self._browser.get(receipt))

    def _issue(self, person: Person, told: Told, page: Page) -> str:
        form = page.form(lambda form: "card" in form.choices)
        if form is None:  # it was issued meanwhile: the receipt
            return self._hand_over(person, told, page)
        values: dict[str, str | bytes] = {"card": person.card_number}
        values |= {name + again: pin for name, pin in PINS.items() for again in ("", "_again")}
        after = self.act(
            person, "issued", page, form, values, lambda page: page.address.endswith("/receipt/")
        )
        if after.address.endswith("/receipt/"):
            told.serial_numbers |= _serial_numbers(after)
            return self._hand_over(person, told, after) if random.random() < 0.5 else "issued"
        return "issuing was cut"

    def _hand_over(self, person: Person, told: Told, page: Page) -> str:
        told.serial_numbers |= _serial_numbers(page)
        form = page.form(lambda form: form.action.endswith("/hand-over/"))
        if form is None:
            told.begun["handed over"] = told.done["handed over"] = 1
            return "handed over already"
        self.act(person, "handed over", page, form, {}, lambda page: page.address.endswith("/receipt/"))
        return "handed over"

    def _afterwards(self, person: Person, told: Told, page: Page) -> str:
        if found := page.link(lambda href, _: href.endswith("/release/")):
            return self._release(person, told, self._browser.get(found))
        moving = page.link(lambda href, _: href.endswith("/address/"))
        if moving is None or random.random() < 0.7:
            return "nothing to do"
        page = self._browser.get(moving)
        form = page.form(lambda form: "address" in form.fields)
        if form is None:
            raise Failed(f"{page.status} {page.address}")
        old = form.fields["address"] or "みほん県みほん市見本町"
        address = re.sub(r"[０-９0-9－-]*$", "", old) + str(random.randrange(1, 10_000)).translate(_WIDE)
        told.addresses.append(address)
        after = self.act(
            person,
            "moved",
            page,
            form,
            {"address": address},
            lambda page: not page.address.endswith("/address/"),
        )
        if not after.address.endswith("/address/"):
            told.address, told.addresses = address, []
        return "moved"

    def _release(self, person: Person, told: Told, page: Page) -> str:
        form = page.form(lambda form: "card" in form.choices)
        if form is None:
            raise Failed(f"{page.status} {page.address}")
        values: dict[str, str | bytes] = {"card": person.card_number, "pin": PINS["user_authentication_pin"]}
        with self.ledger.lock:
            told.held_since = None
            told.releasing += 1
        try:
            self.act(
                person, "released", page, form, values, lambda page: not page.address.endswith("/release/")
            )
        except Failed:
            told.unsure_until = time.monotonic() + LONGEST_ACT
            raise
        finally:
            with self.ledger.lock:
                told.releasing -= 1
        return "released"


class Operator(Staff):
    """Holds by telephone."""

    def hold(self, person: Person) -> str:
        told = self.ledger.people[person.person_code]
        values = {"name": person.name, "birth_date": person.birth_date}
        page = self.find(person, "/hotline/", values)
        form = page.form(lambda form: form.method == "post" and ("hold" in form.action or not form.action))
        if form is None:
            raise Failed(f"{page.status} {page.address}")
        before, releases, release_under_way = page.address, told.begun["released"], told.releasing
        after = self.act(
            person, "held", page, form, {}, lambda page: page.address != before and page.status == 200
        )
        with self.ledger.lock:
            now = time.monotonic()
            alone = not release_under_way and told.begun["released"] == releases and now > told.unsure_until
            if alone and after.address != before and after.status == 200:
                told.held_since = now
        return "held"


_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def _serial_numbers(receipt: Page) -> dict[str, str]:
    """By purpose, in the order of the receipt."""
    return dict(zip(("user_authentication", "signature"), _SERIAL.findall(receipt.text), strict=False))


def _note_number(told: Told, page: Page) -> None:
    if not told.number and _number(page):
        told.number, told.page = _number(page), page.address


def _number(page: Page) -> str:
    """The application's number, of its page; empty on any other."""
    found = re.search(r"/applications/([^/]+)/$", page.address)
    return found.group(1) if found and page.status == 200 else ""
