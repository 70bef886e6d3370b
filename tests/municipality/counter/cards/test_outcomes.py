"""Who confirms an act reads what becomes of this person's card and certificates, not of anybody's."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from honnin.agency.card_register.models import Card
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import FixedClock, day_in_japan
from honnin.errors import Refused
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.residents.models import Departure, Resident
from tests.support.console import Console, codes, hotline_address, page
from tests.support.holders import good, held, without_card, without_signature

pytestmark = pytest.mark.django_db(databases="__all__")

MOVE = {"destination": "東京都千代田区霞が関２－１－２", "moved_on": "2026-06-02"}
LONG_AGO = MOVE | {"moved_on": "2024-06-02"}
CARD, SIGNATURE, AUTHENTICATION = "Card", "Signature certificate", "User-authentication certificate"
WARNED = "The card ends at once, with every certificate that is valid or on hold"
EVERYBODYS = {"Name", "Name in katakana", "Date of birth", "Address after the move", "Day of the move"}

Person = Callable[[Console, FixedClock], Resident]


def blank(console: Console, _clock: FixedClock) -> Resident:
    return console.resident()[0]


def revoked(console: Console, _clock: FixedClock) -> Resident:
    client, resident, _application = console.issued()
    console.revoke(client, resident)
    return resident


def expired(console: Console, clock: FixedClock) -> Resident:
    resident = console.issued()[1]
    clock.move_to(datetime(2040, 6, 2, 1, tzinfo=UTC))
    return resident


def asked(console: Console, resident: Resident, sent: dict[str, str]) -> tuple[dict[str, str], str]:
    """What is confirmed, without what everybody is told, and the whole page."""
    answer = console.clerk().post(reverse("counter:move_out", args=[resident.public_id]), sent)
    rows = {str(row["label"]): str(row["value"]) for row in answer.context["rows"]}
    told = {label: value for label, value in rows.items() if label not in EVERYBODYS}
    return told, answer.content.decode()


LAST_DAY = {"Last day to move in elsewhere"}
LOSS = {"Loss of the card"}


@pytest.mark.parametrize(
    ("person", "card", "signature", "authentication", "beside"),
    [
        (without_card, "None", "None", "None", set()),
        (blank, "Stays valid", "None", "None", LAST_DAY),
        (good, "Stays valid", "Will be revoked", "Stays valid", LAST_DAY),
        (held, "Stays valid", "Is revoked already", "Stays on hold", LAST_DAY | LOSS),
        (revoked, "Stays valid", "Is revoked already", "Is revoked already", LAST_DAY),
        (expired, "Has expired already", "Has expired already", "Has expired already", set()),
        (without_signature, "Stays valid", "None", "Stays valid", LAST_DAY),
    ],
)
def test_who_moves_out_is_told_what_becomes_of_what_is_there(
    console: Console,
    clock: FixedClock,
    person: Person,
    card: str,
    signature: str,
    authentication: str,
    beside: set[str],
) -> None:
    resident = person(console, clock)
    today = day_in_japan(clock.now()).isoformat()
    told, shown = asked(console, resident, MOVE | {"moved_on": today})
    assert {name: told.pop(name) for name in (CARD, SIGNATURE, AUTHENTICATION)} == {
        CARD: card,
        SIGNATURE: signature,
        AUTHENTICATION: authentication,
    }
    assert set(told) == beside
    assert WARNED not in shown
    if person is good:
        assert "2026-07-02" in told["Last day to move in elsewhere"]


@pytest.mark.clause("act/31", "card-order/14")
@pytest.mark.parametrize(
    ("person", "authentication"),
    [(good, "Will be revoked"), (held, "On hold; will be revoked"), (blank, "None")],
)
def test_a_move_of_long_ago_ends_the_card_at_once_and_the_page_says_so_before(
    console: Console, clock: FixedClock, person: Person, authentication: str
) -> None:
    resident = person(console, clock)
    told, shown = asked(console, resident, LONG_AGO)
    assert (told[CARD], told[AUTHENTICATION]) == ("Ends at once", authentication)
    assert WARNED in shown
    assert "2024-07-02" in shown
    assert "Stays" not in shown
    sent = LONG_AGO | {"confirmed": "1"}
    console.clerk().post(reverse("counter:move_out", args=[resident.public_id]), sent)
    assert Departure.objects.get(resident=resident).over
    assert not Card.objects.filter(person_code=resident.pk, valid=True).exists()
    assert not IssuanceRecord.objects.filter(person_code=resident.pk).exclude(status="revoked").exists()


def test_nobody_without_a_card_is_told_that_it_ends(console: Console) -> None:
    told, shown = asked(console, console.town.move_in(), LONG_AGO)
    assert told == {CARD: "None", SIGNATURE: "None", AUTHENTICATION: "None"}
    assert WARNED not in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"moved_on": "1800-01-01"}, "before the date of birth"),
        ({"moved_on": "2027-06-04"}, "more than a year ahead"),
        *(
            ({"destination": destination}, "record moving abroad instead")
            for destination in ("x", "東京都", "アメリカ合衆国", "千代田区霞が関２")
        ),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused_before_anything_ends(
    console: Console, clock: FixedClock, changed: dict[str, str], said: str
) -> None:
    resident = console.town.move_in()
    sent = MOVE | changed
    address = reverse("counter:move_out", args=[resident.public_id])
    assert said in console.clerk().post(address, sent | {"confirmed": "1"}).content.decode()
    with pytest.raises(Refused):
        move_out(
            resident,
            sent["destination"],
            date.fromisoformat(sent["moved_on"]),
            clerk=console.town.clerk(),
            at=clock.now(),
        )
    resident.refresh_from_db()
    assert resident.removed_on is None
    assert not Departure.objects.exists()


def test_only_what_stands_is_confirmed_to_be_revoked(console: Console, clock: FixedClock) -> None:
    resident = held(console, clock)
    town, client = console.town, console.clerk()
    application = town.received_revocation(resident)  # both, as a form says that was filled in before
    town.approve(application)
    confirm = reverse("counter:revoke", args=[application.number])
    rows = {str(row["label"]): row["value"] for row in client.get(confirm).context["rows"]}
    assert (rows[SIGNATURE], rows[AUTHENTICATION]) == ("Is revoked already", "On hold; will be revoked")
    done = client.post(confirm, follow=True)
    assert [each["name"] for each in done.context["revoked"]] == [AUTHENTICATION]
    offered = client.get(reverse("counter:new_revocation", args=[resident.public_id]))
    assert codes(offered.content.decode()) == ["E_NOTHING_TO_REVOKE"]


def test_a_hold_is_called_one_and_a_signature_certificate_that_never_was_is_not_mourned(
    console: Console, clock: FixedClock
) -> None:
    resident = without_signature(console, clock)
    console.operator().post(hotline_address("confirm", resident.pk))
    client = console.clerk()
    assert "signature certificate is revoked" not in page(client, "release", resident.public_id)
    client.post(reverse("counter:report_loss", args=[resident.public_id]))
    present = page(client, "new_application", resident.public_id)
    assert "User-authentication certificate: there is one on hold." in present
    address = reverse("counter:change_address", args=[resident.public_id])
    rewritten = {"address": "みほん県みほん市見本町1-2-3", "change": "address", "confirmed": "1"}
    said = client.post(address, rewritten, follow=True).content.decode()
    assert "User-authentication certificate: stays on hold." in said
    assert "Signature certificate" not in said.split("stays on hold.")[0].rpartition("recorded.")[2]


def test_the_release_says_that_the_signature_certificate_is_revoked(
    console: Console, clock: FixedClock
) -> None:
    resident = held(console, clock)
    assert "signature certificate is revoked" in page(console.clerk(), "release", resident.public_id)
