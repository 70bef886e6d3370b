"""How many tries are left of a PIN stands on its tile, once the card has told it."""

import html
import re

import pytest
from django.urls import reverse

from honnin.municipality.counter.applications.models import Application
from tests.municipality.counter.procedures.renewal.renewals import near_expiry, prove, received
from tests.support.console import Console, page

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.alters_records
@pytest.mark.clause("S3-9", "S3-11")
def test_a_tile_says_how_many_tries_the_card_has_left_of_a_pin_that_is_wanted(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident), issued.card_number
    before = page(client, "application", found.number)
    assert tiles(before) == ["", "", ""]  # no card has told it yet
    prove(client, found, card, signature_known="WRONG1", user_authentication_known="9999")
    assert tiles(page(client, "application", found.number)) == [
        "Stays as it is",
        "2 tries left",
        "5 tries left",
    ]
    asked = (console.cards / f"{card}.json").read_bytes()
    prove(client, found, card, signature_known="WRONG1", user_authentication_known="9999")
    shown = page(client, "application", found.number)
    assert tiles(shown) == ["Stays as it is", "1 try left", "5 tries left"]
    assert asked != (console.cards / f"{card}.json").read_bytes()
    japanese = client.get(
        reverse("counter:application", args=[found.number]), headers={"accept-language": "ja"}
    ).content.decode()
    assert "あと1回入力できます" in japanese
    assert "あと5回入力できます" in japanese
    found.refresh_from_db()
    kept = found.details | {"tries_told": found.details["tries_told"] | {"user_authentication": 0}}
    Application.objects.filter(pk=found.pk).update(details=kept)
    blocked = tiles(page(client, "application", found.number))[1]
    assert blocked == "Blocked: choose “Forgotten, or cannot be entered”, and it is set anew"


def tiles(shown: str) -> list[str]:
    """What follows of each PIN, by the page of its application."""
    found = re.findall(r'<li class="tile[^"]*">(.*?)</li>', html.unescape(shown), re.DOTALL)
    texts = [re.findall(r"<p class=\"small\">(.*?)</p>", each) for each in found]
    return [each[1] if len(each) > 1 else "" for each in texts]  # the first is the form of the PIN
