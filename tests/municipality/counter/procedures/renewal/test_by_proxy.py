"""Renewal by a proxy: the sealed form, opened once by two clerks, and the inquiry where it does not match."""

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.card.kinds.declaration import KeySlot
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.records.models import JournalEntry
from tests.municipality.counter.procedures.renewal.renewals import (
    BY_PROXY,
    COLLEAGUE,
    KNOWN,
    near_expiry,
    received,
    renew,
)
from tests.support.console import Console, codes, page, scan

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def colleague(console: Console) -> str:
    console.town.clerk("jiro")
    User.objects.create_user("jiro", password=COLLEAGUE["colleague-password"])
    return "jiro"


def accepted(console: Console, **changes: object) -> tuple[Client, Application, str]:
    client, resident, issued = near_expiry(console)
    sent = BY_PROXY | {"proxy_copy": scan()} | changes
    found = received(console, client, resident, **sent)
    client.post(reverse("counter:approve", args=[found.number]))
    found.refresh_from_db()
    return client, found, issued.card_number


def opened(client: Client, found: Application, **changes: str) -> str:
    address = reverse("counter:open_envelope", args=[found.number])
    return html.unescape(client.post(address, COLLEAGUE | changes, follow=True).content.decode())


@pytest.mark.usefixtures("colleague")
@pytest.mark.clause("S3-6", "S3-P1", "S3-P2", "S3-P5", "S3-P6", "S3-P7")
def test_two_clerks_open_the_envelope_and_its_pins_renew(console: Console) -> None:
    client, found, card = accepted(console)
    assert found.state == "approved"
    asked = client.get(reverse("counter:renew", args=[found.number]))
    assert asked.headers["Location"] == reverse("counter:open_envelope", args=[found.number])
    assert 'name="signature_known"' not in page(client, "open_envelope", found.number)
    shown = opened(client, found)
    assert 'name="signature_known"' in shown
    assert "anew=" not in shown  # a proxy sets nothing anew
    entry = JournalEntry.objects.get(act="open envelope")
    assert (entry.actor, "jiro" in entry.detail) == ("municipality/99101/hanako", True)
    done = renew(client, found, card)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/")
    assert not any(pin in done.content.decode() for pin in KNOWN.values() if pin != "1234")
    found.refresh_from_db()
    assert found.state == "carried_out"
    for journal in (JournalEntry, AgencyEntry):
        assert not journal.objects.filter(detail__contains="ABC123").exists()
    assert "ABC123" not in str(found.details)


@pytest.mark.usefixtures("colleague")
@pytest.mark.clause("S3-P4")
def test_the_proxy_comes_to_the_municipality_of_the_applicant(console: Console) -> None:
    _client, found, card = accepted(console)
    neighbour = console.clerk(console.town.neighbour())
    assert "E_OFFICE_WRONG" in opened(neighbour, found)
    assert codes(renew(neighbour, found, card).content.decode()) == ["E_OFFICE_WRONG"]


@pytest.mark.clause("S3-P1", "S3-6")
@pytest.mark.parametrize(("brought", "code"), [("not_sealed", "E_SEAL_BROKEN"), ("", "E_FORM_INCOMPLETE")])
def test_without_a_sealed_envelope_nothing_is_accepted(console: Console, brought: str, code: str) -> None:
    client, found, _card = accepted(console, envelope=brought)
    assert found.state == "under_examination"
    assert code in codes(page(client, "application", found.number))


@pytest.mark.usefixtures("colleague")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"colleague-password": "wrong"}, "The user name or the password is wrong."),
        ({"colleague-username": ""}, "Enter the user name."),
    ],
)
def test_the_colleague_is_there_in_person(console: Console, typed: dict[str, str], words: str) -> None:
    client, found, _card = accepted(console)
    assert words in opened(client, found, **typed)
    found.refresh_from_db()
    assert not envelope.is_opened(found)


@pytest.mark.usefixtures("colleague")
def test_nobody_opens_it_alone_and_nobody_twice(console: Console) -> None:
    User.objects.create_user("hanako", password=COLLEAGUE["colleague-password"])
    client, found, _card = accepted(console)
    assert "E_SECOND_PERSON" in codes(opened(client, found, **{"colleague-username": "hanako"}))
    opened(client, found)
    found.refresh_from_db()
    before = found.details
    opened(client, found)
    found.refresh_from_db()
    assert found.details == before
    assert JournalEntry.objects.filter(act="open envelope").count() == 1


@pytest.mark.usefixtures("colleague")
@pytest.mark.clause("S3-P3")
def test_a_form_that_does_not_match_costs_one_try_and_leads_to_an_inquiry(console: Console) -> None:
    client, found, card = accepted(console)
    opened(client, found)
    wrong = {"user_authentication_known": "9999", "signature_known": "WRONG1"}
    failed = html.unescape(renew(client, found, card, **wrong).content.decode())
    assert "E_PIN_MISMATCH_INQUIRY" in codes(failed)
    assert 'type="password"' not in failed
    found.refresh_from_db()
    assert found.details["pins"] == {"resident_register": "proved", "user_authentication": "mismatched"}
    inquiry = reverse("counter:order_inquiry", args=[found.number])
    ordered = html.unescape(client.post(inquiry, follow=True).content.decode())
    assert "Record that the answer is here" in ordered
    assert client.post(inquiry).status_code == 409  # one is under way
    assert codes(renew(client, found, card).content.decode()) == ["E_PIN_MISMATCH_INQUIRY"]
    console.town.clock.move_to(console.town.clock.now() + timedelta(10))
    client = console.clerk()
    answer = reverse("counter:note_answer", args=[found.number])
    assert client.post(answer).status_code == 409  # the letter has not left yet
    console.town.post_letters()
    assert client.post(answer).status_code == 302
    new = {
        f"{kind}_pin{again}": pin
        for kind, pin in (("signature", "NEU456"), ("user_authentication", "7531"))
        for again in ("", "_again")
    }
    address = reverse("counter:renew", args=[found.number])
    done = client.post(address, new | {"card": card}, follow=True)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/")
    assert console.pin_opens(card, KeySlot.SIGNATURE, "NEU456")
    assert console.pin_opens(card, KeySlot.AUTHENTICATION, "7531")
    assert IssuanceRecord.objects.filter(person_code=found.resident_id, status="good").count() == 2


@pytest.mark.usefixtures("colleague")
@pytest.mark.clause("S3-P3")
def test_an_answer_after_the_deadline_is_too_late_and_another_inquiry_is_ordered(console: Console) -> None:
    client, found, card = accepted(console)
    opened(client, found)
    renew(client, found, card, user_authentication_known="9999")
    client.post(reverse("counter:order_inquiry", args=[found.number]))
    found.refresh_from_db()
    ordered = envelope.ordered_inquiry(found)
    assert ordered is not None
    console.town.clock.move_to(console.town.clock.now() + timedelta(ordered.inquiry.days + 1))
    client = console.clerk()
    late = client.post(reverse("counter:note_answer", args=[found.number]))
    assert "E_INQUIRY_OVER" in codes(late.content.decode())
    client.post(reverse("counter:order_inquiry", args=[found.number]))
    found.refresh_from_db()
    again = envelope.ordered_inquiry(found)
    assert again is not None
    assert again.request_number.endswith("-inquiry-2")


@pytest.mark.usefixtures("colleague")
def test_no_form_is_used_up_where_the_renewal_is_refused(console: Console) -> None:
    client, found, _card = accepted(console)
    console.town.report_loss(found.resident_id)
    refused = opened(client, found)
    assert "E_CARD_REPORTED_LOST" in codes(refused)
    found.refresh_from_db()
    assert not envelope.is_opened(found)
