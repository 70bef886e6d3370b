"""What has expired, lapsed or ended is nowhere taken for valid, offered or handed over."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from honnin.agency.revocation.services import record_lapse
from honnin.clock import FixedClock
from honnin.errors import CardError
from honnin.law.terms import LapseGround
from honnin.municipality.counter.applications.models import Application
from honnin.simulator.holder import PulledAfter
from tests.municipality.counter.procedures.endings import AFTER_EXPIRY, MOVE
from tests.support.console import Console, codes, page

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.clause("S3-2")
def test_what_has_expired_is_not_shown_offered_or_handed_over(console: Console, clock: FixedClock) -> None:
    _client, resident, application = console.issued()
    clock.move_to(AFTER_EXPIRY)
    client = console.clerk()
    shown = page(client, "resident", resident.public_id)
    assert "Revoke certificates" not in shown
    assert "Expired" in shown
    assert codes(page(client, "new_revocation", resident.public_id)) == ["E_NOTHING_TO_REVOKE"]
    assert "will be revoked" not in page(client, "change_address", resident.public_id)
    receipt = page(client, "receipt", application.number)
    assert codes(receipt) == ["E_CERT_EXPIRED"]
    assert "Record the handover" not in receipt
    refused = client.post(reverse("counter:hand_over", args=[application.number]))
    assert (refused.status_code, codes(refused.content.decode())) == (409, ["E_CERT_EXPIRED"])
    ended = client.post(reverse("counter:end", args=[application.number]), follow=True)
    assert "The application was ended" in ended.content.decode()
    assert Application.objects.get(pk=application.pk).state == "ended"


def test_an_expired_card_is_not_called_valid(console: Console, clock: FixedClock) -> None:
    _client, resident, _application = console.issued()
    clock.move_to(datetime(2040, 6, 1, 1, tzinfo=UTC))
    client = console.clerk()
    shown = client.get(reverse("counter:resident", args=[resident.public_id]))
    assert shown.context["card"][0]["value"] == "Expired"
    assert "Reset PINs" not in shown.content.decode()
    assert "Take the card back" in shown.content.decode()


@pytest.mark.clause("S3-4")
def test_an_application_after_expiry_begins_from_nothing(console: Console, clock: FixedClock) -> None:
    """The card, whose certificates alone have expired, proves its holder's identity."""
    _client, resident, first = console.issued()
    clock.move_to(AFTER_EXPIRY)
    client = console.clerk()
    console.apply(client, resident, document_1="number_card")
    application = resident.applications.exclude(pk=first.pk).get()
    client.post(reverse("counter:approve", args=[application.number]))
    shown = page(client, "issue", application.number)
    assert "Try again" not in shown
    assert ">Done<" not in shown
    assert console.issue(client, application, first.card_number).headers["Location"].endswith("/receipt/")


def test_what_was_begun_and_has_lapsed_is_not_offered_to_go_on(console: Console, clock: FixedClock) -> None:
    holder = console.town.holder()
    application = console.town.approved(holder.resident)
    with pytest.raises(CardError):
        console.town.issue(application, PulledAfter(holder.card, 12))
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=clock.now())
    client = console.clerk()
    shown = page(client, "issue", application.number)
    assert codes(shown) == ["E_CERT_REVOKED"]
    assert "Try again" not in shown
    assert ">Done<" not in shown
    rejected = client.post(reverse("counter:reject", args=[application.number]), {"reason": "lapsed"})
    assert rejected.status_code == 302


def test_who_has_everything_or_no_card_is_told_when_the_form_opens(console: Console) -> None:
    client, resident, _application = console.issued()
    assert codes(page(client, "new_application", resident.public_id)) == ["E_DUPLICATE_CERT"]
    without = console.town.move_in()
    assert codes(page(client, "new_application", without.public_id)) == ["E_CARD_NONE"]
    assert codes(page(client, "new_pin_reset", without.public_id)) == ["E_CARD_NONE"]
    blank, _card = console.resident()
    assert codes(page(client, "new_application", blank.public_id)) == []


def test_what_cannot_be_handed_over_is_ended_next_and_nothing_else_is_advised(
    console: Console, clock: FixedClock
) -> None:
    client, resident, application = console.issued()
    record_lapse(resident.pk, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=clock.now())
    shown = page(client, "application", application.number)
    assert "The receipt is printed next" not in shown
    assert '<button class="button" type="submit">End the application</button>' in shown
    assert "receive a new application" in shown
    client.post(reverse("counter:move_out", args=[resident.public_id]), MOVE | {"confirmed": "1"})
    shown = page(client, "application", application.number)
    assert '<button class="button" type="submit">End the application</button>' in shown
    receipt = page(client, "receipt", application.number)
    for text in (shown, receipt):
        assert "This person has moved out" in text
        assert "new application" not in text
        assert "apply for a new one" not in text


@pytest.mark.parametrize("accepted", [False, True])
def test_moving_out_names_what_is_under_way_which_is_rejected_next(console: Console, accepted: bool) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    console.apply(client, resident)
    application = resident.applications.get()
    if accepted:
        client.post(reverse("counter:approve", args=[application.number]))
    address = reverse("counter:move_out", args=[resident.public_id])
    assert application.number in client.post(address, MOVE).content.decode()
    moved = client.post(address, MOVE | {"confirmed": "1"}, follow=True)
    shown = moved.content.decode()
    assert "Moving out was recorded." in shown
    assert "This application cannot be completed any more" in shown
    for left in ("Correct the application", "Accept the application", "Continue to card", "Keep the copy"):
        assert left not in shown
    assert codes(shown) == []
    rejected = client.post(reverse("counter:reject", args=[application.number]), {"reason": "転出"})
    assert rejected.status_code == 302


def test_a_rejection_that_came_too_late_keeps_its_reason_and_points_nowhere(console: Console) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    console.apply(client, resident)
    number = resident.applications.get().number
    client.post(reverse("counter:withdraw", args=[number]), {"because": "mistake"})
    late = client.post(reverse("counter:reject", args=[number]), {"reason": "本人と確認できない"})
    shown = late.content.decode()
    assert (late.status_code, codes(shown)) == (409, ["E_APPLICATION_STATE"])
    assert "This page shows how the application stands now." in shown
    assert "本人と確認できない" in shown


def test_a_card_that_has_ended_is_offered_nothing(console: Console) -> None:
    client, resident, application = console.issued()
    assert "Take the card back" in page(client, "resident", resident.public_id)
    client.post(
        reverse("counter:card_work", args=[resident.public_id, "end"]), {"card": application.card_number}
    )
    shown = page(client, "resident", resident.public_id)
    assert "Take the card back" not in shown
    assert "Remove lapsed certificates" not in shown
