"""A kiosk in a town: a holder's card in its reader, a reservation, and a browser without a browser."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.test import Client

from honnin.card.client.session import CardSession
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.wire.messages.card_updates import SLOT
from tests.support.agency.kiosks import KNOWN
from tests.support.console import Console, codes
from tests.support.responses import Response
from tests.support.town import Holder

OWN = {PinKind.SIGNATURE: Purpose.SIGNATURE, PinKind.USER_AUTHENTICATION: Purpose.USER_AUTHENTICATION}
NEW = {PinKind.SIGNATURE: "KIOSK1234", PinKind.USER_AUTHENTICATION: "9182"}


@dataclass
class Kiosk:
    """The pages, as somebody who stands before them goes through them; in English."""

    console: Console
    holder: Holder
    pin: PinKind = PinKind.SIGNATURE
    client: Client = field(default_factory=lambda: Client(headers={"accept-language": "en"}))

    @property
    def card(self) -> Path:
        return self.console.cards / f"{self.holder.card.state.card_number}.json"

    def known(self) -> str:
        """The PIN that its holder knows."""
        return self.console.town.pins[KNOWN[self.pin]].text

    def place(self, choice: str = "") -> Response:
        """The PIN is chosen, and the card put into the reader."""
        return self.post(f"card/{self.pin}/", card=choice or self.card.stem)

    def enter(self, pin: str = "", **more: str) -> Response:
        return self.post("known/", known_pin=pin or self.known(), **more)

    def choose(self, new: str = "", again: str = "") -> Response:
        new = new or NEW[self.pin]
        return self.post("new/", new_pin=new, new_pin_again=again or new)

    def whole(self) -> Response:
        """From the card in the reader to the receipt."""
        self.place()
        self.enter()
        return self.choose()

    def stage(self) -> str:
        """How far the attempt has come, as the session keeps it."""
        kept: str = self.client.session.get("kiosk_attempt", {}).get("stage", "")
        return kept

    def go_on(self, new: str) -> Response:
        """What is left to do, from the page where the attempt stands."""
        for _ in range(4):
            stage = self.stage()
            done = self.choose(new) if stage == "proved" else self.enter() if stage else self.place()
            if self.stage() == "done":
                return done
        raise AssertionError(shown(done))

    def post(self, page: str, **fields: str) -> Response:
        """What comes of a form, after it led on."""
        return self.client.post(f"/kiosk/{page}", fields, follow=True)

    def get(self, page: str = "") -> str:
        return shown(self.client.get(f"/kiosk/{page}", follow=True))

    def leave(self, why: str = "") -> str:
        return shown(self.post("leave/", why=why))

    def tries_left(self) -> int:
        """Of the PIN that is to be set."""
        with self.in_reader() as session:
            return session.tries_left(SLOT[OWN[self.pin]])

    def opens(self, pin: str) -> bool:
        """Whether the card in the reader takes this as the PIN that was to be set."""
        with self.in_reader() as session:
            session.verify_pin(SLOT[OWN[self.pin]], Pin(pin))
        return True

    @contextmanager
    def in_reader(self) -> Iterator[CardSession]:
        """The card as another client sees it."""
        with CardFile.open(self.card) as file:
            session = CardSession(InProcess(file.card))
            session.select_jpki()
            yield session


def shown(response: Response) -> str:
    """The text of a page, its character references resolved."""
    return html.unescape(response.content.decode())


def refused(response: Response) -> list[str]:
    """The codes on the page at the end."""
    return codes(shown(response))


def at(response: Response) -> str:
    """The page to which it has led."""
    return response.redirect_chain[-1][0] if response.redirect_chain else response.request["PATH_INFO"]
