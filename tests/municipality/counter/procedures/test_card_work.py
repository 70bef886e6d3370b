"""The counter's pages for work on a card that was handed out."""

import pytest
from django.urls import reverse

from honnin.card.chip.state import CardState
from honnin.card.issuer.content import text
from honnin.card.kinds.declaration import KeySlot
from tests.support.console import Console, codes, page

pytestmark = pytest.mark.django_db(databases="__all__")

OUTDATED = "The card does not match the register"
NEW_ADDRESS = "みほん県みほん市架空が丘３－２－１"


def card_in(console: Console, number: str) -> CardState:
    return CardState.from_json((console.cards / f"{number}.json").read_bytes())


@pytest.mark.clause("S1-C3")
def test_a_card_is_outdated_after_a_move_until_it_is_written(console: Console) -> None:
    client = console.clerk()
    resident, number = console.resident(complete=True)
    assert OUTDATED not in page(client, "resident", resident.public_id)
    moved = {"address": NEW_ADDRESS, "moved_on": "2026-06-01", "confirmed": "1"}
    client.post(reverse("counter:change_address", args=[resident.public_id]), moved)
    assert OUTDATED in page(client, "resident", resident.public_id)
    address = reverse("counter:card_work", args=[resident.public_id, "update"])
    assert "Update the card" in page(client, "card_work", resident.public_id, "update")
    written = client.post(address, {"card": number}, follow=True).content.decode()
    assert "The card was updated: it says what the register says." in written
    assert OUTDATED not in page(client, "resident", resident.public_id)
    attributes = card_in(console, number).applications["text"].files[0x02]
    assert text.read_attributes(attributes).address == NEW_ADDRESS
    again = client.post(address, {"card": number}, follow=True).content.decode()
    assert "Nothing needed to be done" in again


def test_the_page_says_what_is_written_and_what_the_clerk_writes(console: Console) -> None:
    client = console.clerk()
    resident, _number = console.resident(complete=True)
    shown = page(client, "card_work", resident.public_id, "update")
    assert "Only the chip is updated" in shown
    assert "Write the change by hand in the additional field on the face of the card." in shown


def test_lapsed_certificates_are_taken_off(console: Console) -> None:
    client, resident, application = console.issued()
    address = reverse("counter:card_work", args=[resident.public_id, "clear"])
    sent = {"card": application.card_number}
    assert "Nothing needed to be done" in client.post(address, sent, follow=True).content.decode()
    console.revoke(client, resident)
    assert "were removed from the card" in client.post(address, sent, follow=True).content.decode()
    slots = card_in(console, application.card_number).slots
    assert all(slots[slot].certificate is None for slot in KeySlot)


def test_a_card_is_taken_back(console: Console) -> None:
    client, resident, application = console.issued()
    address = reverse("counter:card_work", args=[resident.public_id, "end"])
    assert "ends the card and its certificates for good" in page(
        client, "card_work", resident.public_id, "end"
    )
    ended = client.post(address, {"card": application.card_number}, follow=True).content.decode()
    assert "The card was ended" in ended
    assert card_in(console, application.card_number).terminated
    shown = page(client, "resident", resident.public_id)
    assert "Revoked" in shown
    assert reverse("counter:card_work", args=[resident.public_id, "update"]) not in shown


def test_who_has_no_certificate_is_not_told_that_one_ends_with_the_card(console: Console) -> None:
    resident, _card = console.resident()
    shown = page(console.clerk(), "card_work", resident.public_id, "end")
    assert "This ends the card for good" in shown
    assert "its certificates for good" not in shown


@pytest.mark.parametrize("work", ["update", "clear", "end"])
def test_somebody_elses_card_is_refused_and_stays_as_it_is(console: Console, work: str) -> None:
    client, resident, application = console.issued()
    _other, strange = console.resident()
    before = card_in(console, strange)
    address = reverse("counter:card_work", args=[resident.public_id, work])
    refused = client.post(address, {"card": strange})
    assert codes(refused.content.decode()) == ["E_CARD_OTHERS"]
    assert "This is not this holder&#x27;s card." in refused.content.decode()
    assert refused.context["form"]["card"].value() == application.card_number
    assert card_in(console, strange) == before
    unsaid = client.post(address, {}).content.decode()
    assert "Choose the card that lies on the reader." in unsaid
    assert "Valid" in page(client, "resident", resident.public_id)


@pytest.mark.parametrize("work", ["update", "clear", "end"])
def test_another_municipalitys_clerk_is_refused(console: Console, work: str) -> None:
    resident, number = console.resident()
    client = console.clerk(console.town.neighbour())
    address = reverse("counter:card_work", args=[resident.public_id, work])
    assert client.get(address).status_code == 403
    assert client.post(address, {"card": number}).status_code == 403


def test_a_card_that_cannot_be_read_is_taken_back_in_the_records(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:card_work", args=[resident.public_id, "end"])
    assert "The chip cannot be read" in page(client, "card_work", resident.public_id, "end")
    ended = client.post(address, {"unreadable": "on"}, follow=True).content.decode()
    assert "The card was ended" in ended
    assert "Revoked" in page(client, "resident", resident.public_id)
    again = client.post(address, {"unreadable": "on"}, follow=True).content.decode()
    assert "Nothing needed to be done" in again


def test_another_work_is_not_found(console: Console) -> None:
    resident, _number = console.resident()
    assert (
        console.clerk().get(reverse("counter:card_work", args=[resident.public_id, "burn"])).status_code
        == 404
    )
