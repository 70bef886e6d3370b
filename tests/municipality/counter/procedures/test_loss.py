"""A loss that was reported ends, whoever the holder is, and a card that was found is released."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.card_register.models import Card
from honnin.agency.hotline.models import Call
from honnin.agency.hotline.queries import ON_ONE_PAGE, open_calls
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.agency.records.persons import reports_about
from honnin.agency.revocation.services import hold
from honnin.clock import FixedClock
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_removal
from honnin.sites.chores.round import do_chores
from tests.municipality.counter.procedures.endings import AFTER_EXPIRY, MOVE
from tests.municipality.counter.procedures.losses import lost, wrong_pins
from tests.support.console import Console, codes, hotline_address, page, scan
from tests.support.telling import tell

pytestmark = pytest.mark.django_db(databases="__all__")
BUTTON = "Record the report of loss"
NEW_PIN = {"user_authentication_pin": "8642", "user_authentication_pin_again": "8642"}


def only_signature(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    client, (resident, card) = console.clerk(), console.resident()
    application = console.approved(client, resident, purposes=["signature"])
    pins = {"user_authentication_pin": "", "user_authentication_pin_again": ""}
    assert console.issue(client, application, card, **pins).status_code == 302
    return client, resident


def signature_only(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    """No authentication certificate that could be held."""
    client, resident = only_signature(console, clock)
    lost(console, resident)
    return client, resident


def held_then_revoked(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    """The held certificate was revoked since."""
    client, resident, _application = console.issued()
    lost(console, resident)
    console.revoke(client, resident, "user_authentication")
    return client, resident


def expired_then_lost(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    """Nothing was left to hold."""
    _client, resident, _application = console.issued()
    clock.move_to(AFTER_EXPIRY)
    lost(console, resident)
    return console.clerk(), resident


def lost_then_expired(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    """The hold can no longer be released."""
    _client, resident, _application = console.issued()
    lost(console, resident)
    clock.move_to(AFTER_EXPIRY)
    return console.clerk(), resident


def held_without_a_call(console: Console, clock: FixedClock) -> tuple[Client, Resident]:
    client, resident, _application = console.issued()
    hold(resident.pk, actor="test", at=clock.now())
    return client, resident


PEOPLE = [signature_only, held_then_revoked, expired_then_lost, lost_then_expired, held_without_a_call]
Prepare = Callable[[Console, FixedClock], tuple[Client, Resident]]


@pytest.mark.clause("S1-C5.1b")
@pytest.mark.parametrize("prepare", PEOPLE)
def test_every_loss_is_closed_by_its_report_at_the_counter(
    console: Console, clock: FixedClock, prepare: Prepare
) -> None:
    client, resident = prepare(console, clock)
    assert BUTTON in page(client, "resident", resident.public_id)
    told = client.post(reverse("counter:report_loss", args=[resident.public_id]), follow=True)
    assert "the hotline was told" in told.content.decode()
    assert BUTTON not in page(client, "resident", resident.public_id)
    assert not reports_about(resident.pk).reported_lost
    assert not open_calls().exists()
    if prepare is not held_without_a_call:  # a hold is released before anything is issued
        client.post(
            reverse("counter:new_application", args=[resident.public_id]),
            {"purposes": ["user_authentication"], "document_1": "driving_licence", "copy_1": scan()}
            | {"document_2": "", "proxy_kind": "", "terms_accepted": "on"},
        )
        newest = resident.applications.order_by("-received_at").first()
        assert newest is not None
        assert codes(page(client, "application", newest.number)) == []


@pytest.mark.parametrize("way", ["card", "unreadable", "removed"])
def test_a_loss_ends_with_the_card_and_with_the_entry(console: Console, way: str, clock: FixedClock) -> None:
    client, resident, application = console.issued()
    lost(console, resident)
    if way == "removed":
        record_removal(resident, date(2026, 6, 2), clerk="hanako", at=clock.now())
    else:
        sent = {"card": application.card_number} if way == "card" else {"unreadable": "on"}
        ended = client.post(reverse("counter:card_work", args=[resident.public_id, "end"]), sent)
        assert ended.status_code == 302
        assert BUTTON not in page(client, "resident", resident.public_id)
    assert not reports_about(resident.pk).reported_lost
    assert not open_calls().exists()
    assert not Card.objects.filter(person_code=resident.pk, valid=True).exists()
    assert not IssuanceRecord.objects.filter(person_code=resident.pk).exclude(status="revoked").exists()


@pytest.mark.parametrize("calls_first", [True, False])
def test_a_loss_is_closed_after_the_card_has_expired(
    console: Console, clock: FixedClock, calls_first: bool
) -> None:
    _client, resident, _application = console.issued()
    if calls_first:
        lost(console, resident)
    clock.move_to(datetime(2040, 6, 1, 1, tzinfo=UTC))
    if not calls_first:
        lost(console, resident)
    client = console.clerk()
    assert BUTTON in page(client, "resident", resident.public_id)
    client.post(reverse("counter:report_loss", args=[resident.public_id]))
    assert not reports_about(resident.pk).reported_lost
    assert not open_calls().exists()


@pytest.mark.clause("S1-C5.1b")
def test_who_moves_away_reports_the_loss_with_the_notice(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:move_out", args=[resident.public_id])
    assert "Loss of the card" not in client.post(address, MOVE).content.decode()
    lost(console, resident)
    assert "Is reported here too, with the notice" in client.post(address, MOVE).content.decode()
    client.post(address, MOVE | {"confirmed": "1"})
    assert not reports_about(resident.pk).reported_lost
    assert not open_calls().exists()
    assert AgencyEntry.objects.filter(act="report of loss").count() == 1


@pytest.mark.clause("S1-C5.1b")
def test_a_loss_after_moving_away_ends_with_the_time_to_move_in(console: Console, clock: FixedClock) -> None:
    client, resident, _application = console.issued()
    client.post(reverse("counter:move_out", args=[resident.public_id]), MOVE | {"confirmed": "1"})
    lost(console, resident)
    clock.move_to(datetime(2026, 7, 2, 14, 59, 59, tzinfo=UTC))  # the thirtieth day, to its end
    do_chores(clock)
    assert open_calls().exists()
    assert Card.objects.filter(person_code=resident.pk, valid=True).exists()
    clock.move_to(datetime(2026, 7, 2, 15, tzinfo=UTC))
    for _again in range(2):
        do_chores(clock)
        assert not open_calls().exists()
        assert not reports_about(resident.pk).reported_lost
        assert not Card.objects.filter(person_code=resident.pk, valid=True).exists()
        states = IssuanceRecord.objects.filter(person_code=resident.pk).values_list("status", flat=True)
        assert set(states) == {"revoked"}
    lost(console, resident)  # there is no card left that it could be about
    assert not open_calls().exists()
    assert JournalEntry.objects.filter(act="move not completed").count() == 1


def test_a_call_about_a_card_that_has_ended_leaves_no_task(console: Console, clock: FixedClock) -> None:
    """Nobody can come to a counter for it: an entry that was removed has no page there."""
    _client, resident, _application = console.issued()
    record_removal(resident, date(2026, 6, 2), clerk="hanako", at=clock.now())
    assert console.operator().post(hotline_address("confirm", resident.pk)).status_code == 302
    assert Call.objects.count() == 1
    assert not open_calls().exists()
    assert not reports_about(resident.pk).reported_lost


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (only_signature, "The signature certificate is revoked"),
        (expired_then_lost, "No certificate is left to hold or revoke"),
        (lost_then_expired, "No certificate is left to hold or revoke"),
    ],
)
def test_the_operator_is_told_what_a_notice_will_do(
    console: Console, clock: FixedClock, prepare: Prepare, said: str
) -> None:
    _client, resident = prepare(console, clock)
    shown = console.operator().get(hotline_address("confirm", resident.pk)).content.decode()
    assert said in shown
    assert "The user-authentication certificate is put on hold" not in shown


def test_every_open_call_is_listed(console: Console, clock: FixedClock) -> None:
    _client, resident, _application = console.issued()
    operator = console.operator()
    operator.post(hotline_address("confirm", resident.pk))
    first = Call.objects.get()
    for _ in range(ON_ONE_PAGE):
        tell(Call.objects.create(person_code=resident.pk, received_at=clock.now(), operator=first.operator))
    shown = operator.get(reverse("hotline:calls")).content.decode()
    assert f"{ON_ONE_PAGE + 1} calls" in shown
    rows = operator.get(reverse("hotline:calls"), {"page": "2"}).context["rows"]
    assert [row[0]["text"] for row in rows] == [str(first.pk)]


@pytest.mark.clause("S4-10.2", "S1-C5.1d")
def test_a_found_card_whose_pin_is_blocked_gets_another_and_is_released(console: Console) -> None:
    client, resident, application = console.issued()
    card = application.card_number
    lost(console, resident)
    wrong_pins(console, card, 3)
    release = reverse("counter:release", args=[resident.public_id])
    blocked = client.post(release, {"card": card, "pin": "1234"})
    assert codes(blocked.content.decode()) == ["E_PIN_LOCKED"]
    assert reverse("counter:new_pin_reset", args=[resident.public_id]) in blocked.content.decode()
    client.post(reverse("counter:report_loss", args=[resident.public_id]))
    sent = {"pins": ["user_authentication"], "document_1": "driving_licence", "proxy_kind": ""}
    client.post(reverse("counter:new_pin_reset", args=[resident.public_id]), sent | {"copy_1": scan()})
    reset = resident.applications.get(signature=False, user_authentication=False)
    assert codes(page(client, "application", reset.number)) == []
    client.post(reverse("counter:approve", args=[reset.number]))
    client.post(reverse("counter:set_pins", args=[reset.number]), NEW_PIN | {"card": card})
    assert Application.objects.get(pk=reset.pk).state == "pins_set"
    released = client.post(release, {"card": card, "pin": "8642"}, follow=True)
    assert "The certificate is valid again." in released.content.decode()


def test_the_last_try_is_used_when_the_holder_is_sure(console: Console) -> None:
    client, resident, application = console.issued()
    card = application.card_number
    lost(console, resident)
    wrong_pins(console, card, 2)
    release = reverse("counter:release", args=[resident.public_id])
    asked = client.post(release, {"card": card, "pin": "1234"}).content.decode()
    assert codes(asked) == ["E_PIN_LAST_TRY"]
    assert "--use-last-try" not in asked
    assert 'name="use_last_try"' in asked
    released = client.post(release, {"card": card, "pin": "1234", "use_last_try": "on"}, follow=True)
    assert "The certificate is valid again." in released.content.decode()


@pytest.mark.clause("S4-10.2", "S1-C5.1d")
def test_a_found_card_with_a_blocked_pin_is_led_by_its_own_order_of_steps(console: Console) -> None:
    client, resident, application = console.issued()
    lost(console, resident)
    wrong_pins(console, application.card_number, 3)
    release = reverse("counter:release", args=[resident.public_id])
    blocked = client.post(release, {"card": application.card_number, "pin": "1234"}).content.decode()
    assert "Close the telephone report" in blocked
    # Said where the form opens, before anything is shown or copied; so on each form that would be refused.
    opened = page(client, "new_pin_reset", resident.public_id)
    assert codes(opened) == ["E_CARD_REPORTED_LOST"]
    assert "Close the telephone report" in opened
    assert "the card that was found" in opened
    assert codes(page(client, "new_application", resident.public_id)) == [
        "E_CARD_REPORTED_LOST",
        "E_CERT_HELD",
    ]
    assert codes(page(client, "card_work", resident.public_id, "update")) == [
        "E_CARD_REPORTED_LOST",
        "E_CERT_HELD",
    ]
    closed = client.post(
        reverse("counter:report_loss", args=[resident.public_id]), {"then": "new_pin_reset"}, follow=True
    )
    assert closed.redirect_chain[-1][0] == reverse("counter:new_pin_reset", args=[resident.public_id])
    assert codes(closed.content.decode()) == []
    strange = client.post(reverse("counter:report_loss", args=[resident.public_id]), {"then": "applications"})
    assert strange.headers["Location"] == reverse("counter:resident", args=[resident.public_id])


@pytest.mark.parametrize(
    ("prepare", "act"),
    [
        (only_signature, "Revoke the signature certificate"),
        (expired_then_lost, "Record the report"),
        (lambda console, _clock: console.issued()[:2], "Hold and revoke the certificates"),
    ],
)
def test_the_hotlines_button_and_heading_say_what_will_happen(
    console: Console, clock: FixedClock, prepare: Prepare, act: str
) -> None:
    _client, resident = prepare(console, clock)
    shown = console.operator().get(hotline_address("confirm", resident.pk)).content.decode()
    assert shown.count(act) >= 3  # title, heading, button
    if act.startswith("Revoke"):
        assert "on hold" not in shown
