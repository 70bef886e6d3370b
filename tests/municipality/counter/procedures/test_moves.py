"""Who moves within the municipality: the day, what it ends asked once more, and what became of it."""

from collections.abc import Mapping
from datetime import date

import pytest
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.clock import FixedClock
from honnin.errors import Refused
from honnin.law.certificates.lapse import EntryChange
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.residents.models import Resident
from tests.support.console import Console, page
from tests.support.holders import good, held, without_card, without_signature

pytestmark = pytest.mark.django_db(databases="__all__")

MOVED = {"address": "みほん県みほん市例示町９－９", "change": "address", "moved_on": "2026-06-01"}
CONFIRMED = {"confirmed": "1"}


def sent(console: Console, resident: Resident, fields: Mapping[str, str]) -> str:
    address = reverse("counter:change_address", args=[resident.public_id])
    return console.clerk().post(address, fields, follow=True).content.decode()


def rows_of(console: Console, resident: Resident, fields: Mapping[str, str]) -> dict[str, str]:
    address = reverse("counter:change_address", args=[resident.public_id])
    rows = console.clerk().post(address, fields).context["rows"]
    return {str(row["label"]): str(row["value"]) for row in rows}


def statuses(resident: Resident) -> dict[str, str]:
    return {each.purpose: each.status for each in IssuanceRecord.objects.filter(person_code=resident.pk)}


def test_a_move_is_asked_once_more_and_a_slip_revokes_nothing(console: Console, clock: FixedClock) -> None:
    resident = good(console, clock)
    before = resident.address
    rows = rows_of(console, resident, MOVED)
    assert rows["Address in the register now"] == before
    assert (rows["New address"], rows["Day of the move"]) == (MOVED["address"], "2026-06-01 (Reiwa 8)")
    assert rows["Signature certificate"] == "Will be revoked"
    assert rows["User-authentication certificate"] == "Stays valid"
    assert rows["Card"] == "Stays valid"
    assert "A revoked certificate never comes back" in sent(console, resident, MOVED)
    resident.refresh_from_db()
    assert (resident.address, resident.address_since) == (before, None)
    assert set(statuses(resident).values()) == {"good"}


@pytest.mark.clause("register-act/23")
def test_after_a_move_the_page_says_what_became_of_each_certificate(
    console: Console, clock: FixedClock
) -> None:
    resident = good(console, clock)
    told = sent(console, resident, MOVED | CONFIRMED)
    assert (
        "The new address was recorded. Signature certificate: revoked; a new one can be applied for. "
        "User-authentication certificate: stays valid."
    ) in told
    assert statuses(resident) == {"signature": "revoked", "user_authentication": "good"}
    resident.refresh_from_db()
    assert (resident.address, resident.address_since) == (MOVED["address"], date(2026, 6, 1))
    assert "At this address since" in page(console.clerk(), "resident", resident.public_id)
    again = sent(console, resident, MOVED | CONFIRMED)
    assert "This address was recorded already. Nothing was changed." in again


@pytest.mark.parametrize(
    ("person", "told"),
    [
        (without_card, "There was no certificate that could be revoked."),
        (without_signature, "recorded. User-authentication certificate: stays valid."),
        (held, "recorded. User-authentication certificate: stays on hold."),
    ],
)
def test_nobody_is_told_of_what_did_not_happen(
    console: Console, clock: FixedClock, person: object, told: str
) -> None:
    resident = person(console, clock)  # type: ignore[operator]
    asked = sent(console, resident, MOVED)
    assert "No certificate is revoked by this" in asked
    assert told in sent(console, resident, MOVED | CONFIRMED)


def test_what_was_issued_and_not_handed_over_is_shown_before_a_move_revokes_it(console: Console) -> None:
    _client, resident, application = console.issued()
    confirmation = sent(console, resident, MOVED)
    assert application.number in confirmation
    assert "can be handed over only before this is recorded" in confirmation


REFUSED = [
    ({"moved_on": ""}, "The day of the move is missing."),
    ({"moved_on": "2026-06-03"}, "The day of the move has not come."),
    ({"moved_on": "1900-01-01"}, "before the date of birth"),
    ({"moved_on": "2026-02-29"}, "There is no such day in the calendar"),
    ({"moved_on": "令和8年11月31日"}, "There is no such day in the calendar"),
    ({"moved_on": "きのう"}, "This cannot be read as a date."),
    ({"address": "みほん県みほん市"}, "The address says no more than the municipality."),
    ({"address": "みほん県みほん市例示町９－９🏠"}, "cannot stand there (🏠), the first at place 15."),
    ({"address": "みほん県みほん市例示町９\u200b"}, "cannot stand there (U+200B), the first at place 13."),
]


@pytest.mark.parametrize(("changed", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(
    console: Console, changed: dict[str, str], said: str
) -> None:
    resident = console.town.move_in()
    before = resident.address
    for fields in (MOVED | changed, MOVED | changed | CONFIRMED):
        assert said in sent(console, resident, fields)
    resident.refresh_from_db()
    assert resident.address == before


@pytest.mark.parametrize(("changed", "said"), [each for each in REFUSED if "moved_on" in each[0]][3:])
def test_the_notice_of_moving_out_refuses_such_days_alike(
    console: Console, changed: dict[str, str], said: str
) -> None:
    resident = console.town.move_in()
    fields = {"destination": "東京都千代田区霞が関２－１－２", **changed}
    address = reverse("counter:move_out", args=[resident.public_id])
    assert said in console.clerk().post(address, fields).content.decode()


def test_the_service_refuses_as_the_form_does(console: Console, clock: FixedClock) -> None:
    resident = console.town.move_in()
    for address, moved_on, code in (
        ("みほん県みほん市", date(2026, 6, 1), "E_ADDRESS_INCOMPLETE"),
        ("みほん県みほん市例示町９🏠", date(2026, 6, 1), "E_VALUE_CHARACTERS"),
        ("みほん県みほん市例示町９", None, "E_MOVE_DAY_MISSING"),
        ("みほん県みほん市例示町９", date(2026, 6, 3), "E_MOVE_AHEAD"),
    ):
        with pytest.raises(Refused, match=code):
            change_address(resident, address, moved_on=moved_on, clerk=console.town.clerk(), at=clock.now())


def test_only_a_move_needs_a_day(console: Console, clock: FixedClock) -> None:
    resident = console.town.move_in()
    renamed = {"address": "みほん県みほん市新町１", "change": "area_renamed", "moved_on": ""}
    assert "Day of the move" not in rows_of(console, resident, renamed)
    change_address(
        resident,
        renamed["address"],
        EntryChange.AREA_RENAMED,
        moved_on=date(2026, 6, 1),
        clerk=console.town.clerk(),
        at=clock.now(),
    )
    resident.refresh_from_db()
    assert (resident.address, resident.address_since) == (renamed["address"], None)


def test_moving_out_says_what_became_of_each_certificate(console: Console, clock: FixedClock) -> None:
    resident = good(console, clock)
    notice = {"destination": "東京都千代田区霞が関２－１－２", "moved_on": "2026-06-01", "confirmed": "1"}
    address = reverse("counter:move_out", args=[resident.public_id])
    told = console.clerk().post(address, notice, follow=True).content.decode()
    assert "Signature certificate: revoked. User-authentication certificate: stays valid." in told


def test_a_revocation_says_which(console: Console, clock: FixedClock) -> None:
    resident = good(console, clock)
    told = console.revoke(console.clerk(), resident, "signature").content.decode()
    assert "Signature certificate: revoked." in told


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("change_address", MOVED),
        ("move_out", {"destination": "東京都千代田区霞が関２－１－２", "moved_on": "令和8年6月1日"}),
    ],
)
def test_the_way_back_from_the_confirmation_keeps_what_was_typed(
    console: Console, name: str, typed: dict[str, str]
) -> None:
    resident = console.town.move_in()
    client, address = console.clerk(), reverse(f"counter:{name}", args=[resident.public_id])
    assert 'name="switch_language" value="en">Back' in client.post(address, typed).content.decode()
    back = client.post(address, typed | {"switch_language": "en"})
    assert 'name="confirmed"' not in back.content.decode()
    assert {field.name: field.value() for field in back.context["form"]} == typed
