"""Notices as a clerk sends them, and what they leave at the agency."""

from django.test import Client
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.law.counter.notices import Item
from honnin.municipality.residents.models import Resident
from honnin.simulator.town import NEXT_DOOR
from tests.support.console import Console, page

TODAY = "2026-06-02"
SIGNATURE_ENDS = {"signature": "revoked", "user_authentication": "good"}
BOTH_END = {"signature": "revoked", "user_authentication": "revoked"}
NOTHING_ENDS = {"signature": "good", "user_authentication": "good"}


def statuses(person: Resident) -> dict[str, str]:
    return {each.purpose: each.status for each in IssuanceRecord.objects.filter(person_code=person.pk)}


def entry_as_sent(person: Resident, **typed: str) -> dict[str, str]:
    """The form of a change as the page draws it, with what was typed over."""
    stands = {item.value: getattr(person, item.value) for item in Item}
    plain = {name: "" if value is None else str(value) for name, value in stands.items()}
    return plain | {"notice": "marriage", "changed_on": TODAY, "writing": ""} | typed


def send(
    client: Client, person: Resident, name: str, sent: dict[str, str], *, confirmed: bool = False
) -> str:
    address = reverse(f"counter:{name}", args=[person.public_id])
    return client.post(
        address, sent | ({"confirmed": "1"} if confirmed else {}), follow=True
    ).content.decode()


def stood(client: Client, person: Resident) -> str:
    """What the page of a change says the entry is."""
    return page(client, "change_entry", person.public_id).split('name="stood" value="')[1].split('"')[0]


NEXT_DOOR_ADDRESS = "みほん県ためし市例示町１－２"


def moving_in(person: Resident, **typed: str) -> dict[str, str]:
    return {
        "person_code": str(person.pk),
        "name": person.name,
        "kana": person.kana,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
        "origin": person.address,
        "left_on": "2026-06-01",
        "address": NEXT_DOOR_ADDRESS,
        "moved_in_on": "2026-06-01",
    } | typed


def move_in(client: Client, sent: dict[str, str], *, confirmed: bool = False) -> str:
    sent = sent | ({"confirmed": "1"} if confirmed else {})
    return client.post(reverse("counter:move_in"), sent, follow=True).content.decode()


def moved_out(console: Console, client: Client, person: Resident, on: str = "2026-06-01") -> None:
    send(client, person, "move_out", {"destination": NEXT_DOOR_ADDRESS, "moved_on": on}, confirmed=True)


def next_door(console: Console) -> Client:
    return console.clerk(console.town.clerk("taro", municipality=NEXT_DOOR))
