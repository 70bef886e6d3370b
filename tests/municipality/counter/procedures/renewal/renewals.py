"""Somebody whose certificates are about to expire, and what is sent to renew them."""

from datetime import UTC, date, datetime, time, timedelta

from django.test import Client
from django.urls import reverse

from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.models import Resident
from tests.support.console import Console, scan
from tests.support.responses import Response

SENT = {
    "purposes": ["signature", "user_authentication"],
    "card_presented": "on",
    "document_1": "driving_licence",
    "proxy_kind": "",
    "terms_accepted": "on",
}
KNOWN = {
    "resident_register_known": "1234",
    "user_authentication_known": "1234",
    "signature_known": "ABC123",
}
BY_PROXY = {
    "document_1": "number_card",
    "proxy_kind": "mandated",
    "proxy_name": "代理　一郎",
    "proxy_document": "passport",
    "envelope": "sealed",
}
COLLEAGUE = {"colleague-username": "jiro", "colleague-password": "a long enough password"}


def near_expiry(console: Console) -> tuple[Client, Resident, Application]:
    """Somebody whose certificates expire in a month."""
    client, resident, issued = console.issued(complete=True)
    client.post(reverse("counter:hand_over", args=[issued.number]))
    last_day = date.fromisoformat(max(each["expiry_date"] for each in issued.outcome))
    console.town.clock.move_to(datetime.combine(last_day - timedelta(30), time(3), UTC))
    return console.clerk(), resident, issued


def received(console: Console, client: Client, resident: Resident, **changes: object) -> Application:
    sent = {name: value for name, value in (SENT | {"copy_1": scan()} | changes).items() if value is not None}
    client.post(reverse("counter:new_renewal", args=[resident.public_id]), sent)
    return resident.applications.get(procedure="renewal")


def prove(client: Client, application: Application, card: str, **changes: str) -> Response:
    """The PINs are entered while the application is examined; `changes` may empty one."""
    address = reverse("counter:prove_pins", args=[application.number])
    return client.post(address, KNOWN | {"card": card} | changes, follow=True)


def renew(client: Client, application: Application, card: str, query: str = "", **changes: str) -> Response:
    address = reverse("counter:renew", args=[application.number]) + query
    return client.post(address, KNOWN | {"card": card} | changes, follow=True)
