"""The staff console as tests use it: signed-in browsers without a browser, and cards in a folder."""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.models import Holder
from honnin.agency.hotline.services import employ_operator
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from tests.support.responses import Response
from tests.support.telling import tell
from tests.support.town import PHOTO, Town

PIN_FIELDS = {
    "signature_pin": "ABC123",
    "signature_pin_again": "ABC123",
    "user_authentication_pin": "1234",
    "user_authentication_pin_again": "1234",
}
REQUEST = {
    "purposes": ["signature", "user_authentication"],
    "document_1": "driving_licence",
    "document_2": "",
    "proxy_kind": "",
    "proxy_name": "",
    "proxy_document": "",
    "terms_accepted": "on",
}

REVOCATION = {"why": "stops_using", "form_received": "on", "document_1": "driving_licence", "proxy_kind": ""}


def signed_in(user_name: str) -> Client:
    """A browser in which this account has signed in; pages come in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get_or_create(username=user_name)[0])
    return client


def page(client: Client, name: str, *args: object) -> str:
    """The text of one of the counter's pages, its character references resolved."""
    response = client.get(reverse(f"counter:{name}", args=args))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def hotline_address(name: str, person_code: str) -> str:
    """Where the hotline shows a person, who has been shown before or is from now on."""
    holder, new = Holder.objects.get_or_create(person_code=person_code)
    if new:
        tell(holder)
    return reverse(f"hotline:{name}", args=[holder.pk])


def searched(client: Client, text: str) -> str:
    """What the counter shows when it is asked for somebody."""
    response = client.post(reverse("counter:residents"), {"text": text}, follow=True)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def codes(text: str) -> list[str]:
    """The refusals that a page shows, in their order."""
    return re.findall(r'<dd class="code">(E_[A-Z_]+)</dd>', text)


def scan(name: str = "licence.jpg", content: bytes = PHOTO) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


@dataclass
class Console:
    """A town with a counter and a hotline, and a folder of cards on the counter's reader."""

    town: Town
    cards: Path

    def clerk(self, clerk: Clerk | None = None) -> Client:
        return signed_in((clerk or self.town.clerk()).user_name)

    def operator(self) -> Client:
        employ_operator("operator", "電話 一郎", actor="test", at=self.town.clock.now())
        return signed_in("operator")

    def resident(self, *, complete: bool = False, **entry: Any) -> tuple[Resident, str]:
        """A resident and the number of their card, which lies in the folder; blank unless complete."""
        resident = self.town.move_in(**entry)
        give = self.town.give_complete_card if complete else self.town.give_card
        state = give(resident).card.state
        CardFile.create(self.cards / f"{state.card_number}.json", state).close()
        return resident, state.card_number

    def apply(self, client: Client, resident: Resident, **changes: object) -> Response:
        """Send the application form; a copy of the licence lies with it unless `copy_1` says otherwise."""
        entered = REQUEST | {"copy_1": scan()} | changes
        sent = {name: value for name, value in entered.items() if value is not None}
        return client.post(reverse("counter:new_application", args=[resident.public_id]), sent)

    def approved(self, client: Client, resident: Resident, **changes: object) -> Application:
        """An application received and accepted through the pages."""
        self.apply(client, resident, **changes)
        application = resident.applications.get()
        assert client.post(reverse("counter:approve", args=[application.number])).status_code == 302
        application.refresh_from_db()
        return application

    def issue(self, client: Client, application: Application, own: str, /, **changes: str) -> Response:
        return client.post(
            reverse("counter:issue", args=[application.number]), PIN_FIELDS | {"card": own} | changes
        )

    def issued(self, **entry: Any) -> tuple[Client, Resident, Application]:
        """A holder whose card was written through the pages."""
        client = self.clerk()
        resident, card = self.resident(**entry)
        application = self.approved(client, resident)
        assert self.issue(client, application, card).headers["Location"].endswith("/receipt/")
        application.refresh_from_db()
        return client, resident, application

    def received_revocation(
        self, client: Client, resident: Resident, *purposes: str, **changes: object
    ) -> Application:
        """An application to revoke these certificates, or all that the form offers, received by its page."""
        address = reverse("counter:new_revocation", args=[resident.public_id])
        offered = client.get(address).context["form"].fields["purposes"].choices
        named = purposes or [word for word, _label in offered]
        entered = REVOCATION | {"purposes": named, "copy_1": scan()} | changes
        sent = {name: value for name, value in entered.items() if value is not None}
        assert client.post(address, sent).status_code == 302
        return resident.applications.get(procedure="revocation", state="under_examination")

    def accepted_revocation(
        self, client: Client, resident: Resident, *purposes: str, **changes: object
    ) -> Application:
        """The same, accepted."""
        application = self.received_revocation(client, resident, *purposes, **changes)
        assert client.post(reverse("counter:approve", args=[application.number])).status_code == 302
        return application

    def revoke(self, client: Client, resident: Resident, *purposes: str, **changes: object) -> Response:
        """The same, carried out: the page that says what became of it."""
        application = self.accepted_revocation(client, resident, *purposes, **changes)
        done = client.post(reverse("counter:revoke", args=[application.number]), follow=True)
        assert done.status_code == 200
        return done

    def pin_opens(self, card: str, slot: KeySlot, pin: str) -> bool:
        """Whether the card in the folder takes the PIN."""
        with CardFile.open(self.cards / f"{card}.json") as file:
            session = CardSession(InProcess(file.card))
            session.select_jpki()
            session.verify_pin(slot, Pin(pin))
        return True
