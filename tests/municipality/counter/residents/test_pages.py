"""The counter's pages about a resident: search, status, release, revocation, a new address."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.municipality.residents.models import Departure
from honnin.municipality.residents.services import record_removal
from tests.support.console import Console, codes, hotline_address, page, searched

NEW_ADDRESS = {"address": "みほん県みほん市例示町９－９", "moved_on": "2026-06-01"}

pytestmark = pytest.mark.django_db(databases="__all__")


def test_nobody_in_the_register_is_refused_with_the_next_step(console: Console) -> None:
    client = console.clerk()
    found = searched(client, "不在　太郎")
    assert codes(found) == ["E_NOT_RESIDENT"]
    assert "terms art.2(1)" in found


@pytest.mark.parametrize(
    "write", [str, str.lower, lambda number: f"　{number.replace('-', '')} ", "{:　<22}".format]
)
def test_the_number_on_the_receipt_finds_the_application(
    console: Console, write: Callable[[str], str]
) -> None:
    client, resident, application = console.issued()
    found = searched(client, write(application.number))
    assert reverse("counter:application", args=[application.number]) in found
    assert reverse("counter:resident", args=[resident.public_id]) in found
    neighbour = searched(console.clerk(console.town.neighbour()), application.number)
    assert resident.name not in neighbour
    assert "Check the number on the receipt." in neighbour
    assert "Check the number on the receipt." in searched(client, "99101-20260602-000000")


@pytest.mark.clause("S4-2.1")
def test_whoever_is_looked_for_by_code_and_has_gone_was_in_the_register(console: Console) -> None:
    client, resident, _application = console.issued()
    sent = {"destination": "東京都千代田区霞が関２－１－２", "moved_on": "2026-06-01", "confirmed": "1"}
    client.post(reverse("counter:move_out", args=[resident.public_id]), sent)
    assert codes(searched(client, resident.pk)) == ["E_MOVED_OUT"]
    assert codes(searched(client, "99999999999")) == ["E_NOT_RESIDENT"]


@pytest.mark.clause("S4-2.1")
def test_a_removed_person_is_not_found_and_cannot_apply(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="去年　移動", kana="キョネン　イドウ")
    record_removal(resident, date(2026, 5, 1), clerk="hanako", at=console.town.clock.now())
    assert codes(searched(client, "去年")) == ["E_NOT_RESIDENT"]
    response = console.apply(client, resident)
    assert response.status_code == 422
    assert codes(response.content.decode()) == ["E_ENTRY_REMOVED"]
    assert "Back to the search" in response.content.decode()
    assert "Nothing was changed." in response.content.decode()
    looked = client.get(reverse("counter:new_application", args=[resident.public_id])).content.decode()
    assert "Nothing was changed." not in looked


@pytest.mark.parametrize(
    "text", ["検索　花子", "検索花子", "検索 花子", "けんさく", "ｹﾝｻｸ ﾊﾅｺ", "99000000001"]
)
def test_a_resident_is_found_however_the_name_is_typed(console: Console, text: str) -> None:
    client = console.clerk()
    resident = console.town.move_in(name="検索　花子", kana="ケンサク　ハナコ")
    assert reverse("counter:resident", args=[resident.public_id]) in searched(client, text)


def test_for_another_municipalitys_resident_nothing_is_done(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(municipality_id="99102")
    shown = page(client, "resident", resident.public_id)
    assert codes(shown) == ["E_OFFICE_WRONG"]
    assert codes(console.apply(client, resident).content.decode()) == ["E_OFFICE_WRONG"]
    assert not resident.applications.exists()
    for act in ("release", "new_revocation", "change_address", "new_application", "new_pin_reset"):
        assert client.get(reverse(f"counter:{act}", args=[resident.public_id])).status_code == 403
    moved = client.post(reverse("counter:change_address", args=[resident.public_id]), {"address": "みほん県"})
    assert moved.status_code == 403
    resident.refresh_from_db()
    assert resident.address != "みほん県"


def test_a_held_certificate_is_released_after_a_confirmation(console: Console) -> None:
    client, resident, application = console.issued()
    console.operator().post(hotline_address("confirm", resident.pk))
    shown = page(client, "resident", resident.public_id)
    assert "On hold" in shown
    assert "Revoked" in shown
    assert "Release the hold" in page(client, "release", resident.public_id)
    address = reverse("counter:release", args=[resident.public_id])
    loss = shown.partition('aria-labelledby="loss"')[2].partition("</section>")[0]
    assert (loss.count(address), shown.count(address)) == (1, 1)  # beside the report of loss, and once
    _other, strange = console.resident()
    refused = client.post(address, {"card": strange, "pin": "1234"})
    assert codes(refused.content.decode()) == ["E_CARD_OTHERS"]
    found = {"card": application.card_number, "pin": "１２３４"}
    wrong = client.post(address, found | {"pin": "4321"})
    assert codes(wrong.content.decode()) == ["E_PIN_WRONG"]
    unsaid = client.post(address, {"card": application.card_number}).content.decode()
    assert "Enter the PIN." in unsaid
    assert "On hold" in page(client, "resident", resident.public_id)
    client.post(address, found)
    assert "On hold" not in page(client, "resident", resident.public_id)
    assert "Nothing was changed" in client.post(address, found, follow=True).content.decode()


@pytest.mark.clause("S1-E3a", "S1-E3c", "S2-3a", "S2-3c")
def test_a_change_of_address_ends_the_signature_certificate_alone(console: Console) -> None:
    client, resident, _application = console.issued()
    assert "will be revoked" in page(client, "change_address", resident.public_id)
    address = reverse("counter:change_address", args=[resident.public_id])
    assert "already" in client.post(address, {"address": resident.address}).content.decode()
    client.post(address, NEW_ADDRESS | {"confirmed": "1"})
    states = {r.purpose: r.status for r in IssuanceRecord.objects.filter(person_code=resident.pk)}
    assert states == {"signature": "revoked", "user_authentication": "good"}


def test_a_resident_without_card_moves_as_well(console: Console) -> None:
    client = console.clerk()
    resident = console.town.move_in()
    moved = client.post(
        reverse("counter:change_address", args=[resident.public_id]), NEW_ADDRESS | {"confirmed": "1"}
    )
    assert moved.status_code == 302


def test_another_spelling_of_the_address_ends_no_certificate(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:change_address", args=[resident.public_id])
    sent = {"address": "みほん県みほん市見本町1-2-3", "change": "address", "confirmed": "1"}
    named = {"address": "みほん県みほん市見本町1-2-3　見本荘", "change": "building_name", "confirmed": "1"}
    for each in (sent, named):
        asked = client.post(address, {name: each[name] for name in ("address", "change")}).content.decode()
        assert "No certificate is revoked by this" in asked
        assert "Day of the move" not in asked
        told = client.post(address, each, follow=True).content.decode()
        assert "The new writing of the address was recorded." in told
        assert told.count("certificate: stays valid.") == 2
    resident.refresh_from_db()
    assert resident.address == named["address"]
    assert {each.status for each in IssuanceRecord.objects.filter(person_code=resident.pk)} == {"good"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("みほん県ためし市見本町１", 'is in <span lang="ja">みほん県ためし市</span>'),
        ("ほかの県ほかの市１", 'does not begin with <span lang="ja">みほん県みほん市</span>'),
    ],
)
def test_an_address_elsewhere_is_no_change_of_address(console: Console, address: str, said: str) -> None:
    client, resident, _application = console.issued()
    before = resident.address
    place = reverse("counter:change_address", args=[resident.public_id])
    refused = client.post(place, {"address": address, "change": "area_renamed"}).content.decode()
    assert said in refused
    assert "record moving out" in refused.lower()
    resident.refresh_from_db()
    assert resident.address == before


def test_who_moves_to_another_municipality_moves_out_on_a_day_and_is_asked_once_more(
    console: Console,
) -> None:
    client, resident, _application = console.issued()
    today = day_in_japan(console.town.clock.now())
    address = reverse("counter:move_out", args=[resident.public_id])
    assert "Day of the move" in page(client, "move_out", resident.public_id)
    sent = {"destination": "みほん県ためし市例示町１", "moved_on": today.isoformat()}
    far = (today + timedelta(days=367)).isoformat()
    ahead = client.post(address, sent | {"moved_on": far, "confirmed": "1"}).content.decode()
    assert "more than a year ahead" in ahead
    here = client.post(address, sent | {"destination": "みほん県みほん市１", "confirmed": "1"})
    assert "Record a change of address instead" in here.content.decode()
    asked = client.post(address, sent).content.decode()
    assert "Stays valid" in asked
    resident.refresh_from_db()
    assert resident.removed_on is None
    moved = client.post(address, sent | {"confirmed": "1"}, follow=True)
    assert "Moving out was recorded" in moved.content.decode()
    resident.refresh_from_db()
    departure = Departure.objects.get(resident=resident)
    assert resident.removed_on == departure.moved_on == today
    assert departure.destination == sent["destination"]
    states = {each.purpose: each.status for each in IssuanceRecord.objects.filter(person_code=resident.pk)}
    assert states == {"signature": "revoked", "user_authentication": "good"}
    again = client.post(address, sent | {"confirmed": "1"}, follow=True)
    assert "Moving out was recorded already. Nothing was changed." in again.content.decode()
    for act in ("resident", "move_out", "change_address", "release", "new_revocation", "new_application"):
        gone = client.get(reverse(f"counter:{act}", args=[resident.public_id]))
        assert (gone.status_code, codes(gone.content.decode())) == (422, ["E_MOVED_OUT"])
        assert reverse("counter:residents") in gone.content.decode()


def test_the_page_of_a_resident_shows_the_whole_entry_and_what_stood_before(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(
        former_surname="旧氏試験",
        alias="通称試験",
        stay_status="medium_or_long_term",
        stay_until=date(2027, 3, 31),
        place_of_stay="みほん県ためし市例示町９",
        household="000123",
        relationship="子",
    )
    before = resident.address
    moved = {"address": "みほん県みほん市架空が丘５", "moved_on": "2026-06-01", "confirmed": "1"}
    assert "What stood before" not in page(client, "resident", resident.public_id)
    client.post(reverse("counter:change_address", args=[resident.public_id]), moved)
    shown = re.sub("<[^>]+>", "", page(client, "resident", resident.public_id))
    for said in (
        "旧氏試験",
        "通称試験",
        "2027-03-31",
        "例示町９",
        "000123 (子)",
        "What stood before",
        before,
    ):
        assert said in shown


def test_a_healthy_adult_has_no_statutory_agent(console: Console) -> None:
    client = console.clerk()
    adult, _card = console.resident()
    child, _card = console.resident(birth_date=date(2015, 1, 1))
    ward, _card = console.resident(adult_ward=True)
    for name in ("new_application", "new_pin_reset"):
        offered = [
            'value="statutory_agent"' in page(client, name, each.public_id) for each in (adult, child, ward)
        ]
        assert offered == [False, True, True]
    console.apply(client, adult, proxy_kind="statutory_agent", proxy_name="代理　太郎")
    assert not adult.applications.exists()
