"""Renewal at the counter, in person: what is asked, proved, written and printed, and how it is cut off."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.clock import day_in_japan
from honnin.errors import CardError, Refused
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.procedures.card_work.services import take_back_unreadable
from honnin.municipality.counter.procedures.renewal import services as renewal
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped
from honnin.municipality.records.models import JournalEntry
from honnin.pin import Pin
from honnin.simulator.brought import KNOWN_PINS, PINS
from honnin.simulator.holder import PulledAfter
from honnin.wire.messages.card_updates import SLOT
from tests.municipality.counter.procedures.renewal.renewals import (
    SENT,
    near_expiry,
    prove,
    received,
    renew,
)
from tests.support.applications import CUT_AFTER_RECORDING, almost_expired
from tests.support.console import Console, codes, page
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_holder_renews_in_one_visit(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    assert "/new-renewal/" in page(client, "resident", resident.public_id)
    found = received(console, client, resident)
    shown = page(client, "application", found.number)
    assert codes(shown) == []
    assert "Have the PINs entered" in shown
    assert "Accept the application" not in shown
    assert client.post(reverse("counter:approve", args=[found.number])).status_code == 422
    proved = html.unescape(prove(client, found, issued.card_number).content.decode())
    assert "The PINs were confirmed." in proved
    assert "Accept the application" in proved
    client.post(reverse("counter:approve", args=[found.number]))
    assert 'type="password"' not in page(client, "renew", found.number)
    done = renew(client, found, issued.card_number)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/"), codes(done.content.decode())
    before = {each["serial_number"] for each in issued.outcome}
    found.refresh_from_db()
    assert found.state == "carried_out"
    assert {each["purpose"] for each in found.outcome} == {"signature", "user_authentication"}
    assert before.isdisjoint(each["serial_number"] for each in found.outcome)
    assert console.pin_opens(issued.card_number, KeySlot.SIGNATURE, "ABC123")


NOT_KNOWN = {f"{kind}_not_known": "on" for kind in ("resident_register", "user_authentication", "signature")}


def accepted(
    console: Console, pins: Mapping[str, str] = MappingProxyType({}), **changes: object
) -> tuple[Client, Application, str]:
    """A renewal that was received and accepted, and the number of the card; `pins`: as they are entered."""
    client, resident, issued = near_expiry(console)
    found = received(console, client, resident, **changes)
    prove(client, found, issued.card_number, **pins)
    assert client.post(reverse("counter:approve", args=[found.number])).status_code == 302
    return client, found, issued.card_number


@pytest.mark.clause("S4-5.1.1r", "S4-5.2.1", "S3-3")
def test_a_renewal_lasts_to_the_sixth_birthday_and_costs_nothing(console: Console) -> None:
    client, found, card = accepted(console)
    shown = page(client, "application", found.number)
    expected = "2036-03-15"
    assert f"<strong>{expected} " in shown
    assert "6th birthday after the day of issue" in shown
    receipt = renew(client, found, card).content.decode()
    found.refresh_from_db()
    assert {each["expiry_date"] for each in found.outcome} == {expected}
    assert "The renewal is free of charge." in receipt


@pytest.mark.clause("S3-18a", "S3-18b")
def test_the_receipt_says_what_may_not_work_on_the_day(console: Console) -> None:
    client, found, card = accepted(console)
    receipt = renew(client, found, card).content.decode()
    for words in ("health-insurance card", "convenience stores", "Filing taxes", "no legal effect"):
        assert words in receipt
    assert found.number in receipt


@pytest.mark.clause("S4-6", "S1-E4.2", "S2-4.2")
@pytest.mark.parametrize(("days", "offered"), [(-1, False), (0, True)])
def test_a_renewal_is_offered_from_the_day_that_the_window_opens(
    console: Console, days: int, offered: bool
) -> None:
    _client, resident, issued = console.issued(complete=True)
    (last_day,) = {date.fromisoformat(each["expiry_date"]) for each in issued.outcome}
    opens = date(last_day.year - 1, 12, 16)
    assert (last_day.month, last_day.day) == (3, 15)
    console.town.clock.move_to(datetime.combine(opens + timedelta(days), time(3), UTC))
    client = console.clerk()
    assert ("/new-renewal/" in page(client, "resident", resident.public_id)) is offered
    shown = page(client, "new_renewal", resident.public_id)
    assert ("E_WINDOW_CLOSED" in codes(shown)) is not offered
    found = received(console, client, resident)
    assert codes(page(client, "application", found.number)) == ([] if offered else ["E_WINDOW_CLOSED"])


@pytest.mark.clause("S3-13", "S3-15", "S3-14")
def test_the_card_is_needed_and_neither_notice_nor_photo_is(console: Console) -> None:
    client, resident, _issued = near_expiry(console)
    form = page(client, "new_renewal", resident.public_id)
    assert "It helps, and is not needed." in form
    assert not re.search(r'name="[a-z_]*photo', form)
    assert "The holder brings" in form
    found = received(console, client, resident, card_presented=None, copy_1=None, document_1="")
    against = codes(page(client, "application", found.number))
    assert "E_CARD_MISSING" in against
    assert "E_ID_DOC_MISSING" in against
    sent = {**SENT, "proxy_kind": "", "papers": []}
    client.post(reverse("counter:amend", args=[found.number]), sent)
    shown = page(client, "application", found.number)
    assert "E_CARD_MISSING" not in codes(shown)
    assert re.search("The card is here.*No.*Yes", shown, re.DOTALL)


@pytest.mark.clause("S3-7")
def test_another_municipality_renews_nothing(console: Console) -> None:
    client, found, card = accepted(console)
    neighbour = console.clerk(console.town.neighbour())
    refused = renew(neighbour, found, card)
    assert (refused.status_code, codes(refused.content.decode())) == (403, ["E_OFFICE_WRONG"])
    assert renew(client, found, card).status_code == 200


@pytest.mark.clause("S3-9")
def test_each_pin_is_proved_once_before_the_acceptance_and_a_wrong_one_is_named(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident), issued.card_number
    first = html.unescape(prove(client, found, card, user_authentication_known="9999").content.decode())
    assert "This PIN was not confirmed: User-authentication certificate" in first
    wrong = html.unescape(prove(client, found, card, signature_known="WRONG1").content.decode())
    assert codes(wrong) == ["E_PIN_WRONG"]
    assert "This PIN was not confirmed: Signature certificate" in wrong
    assert "tries left: 4" in wrong
    assert 'name="resident_register_known"' not in wrong  # it stays confirmed
    assert 'name="signature_known"' in wrong
    assert not any(pin in wrong for pin in ("WRONG1", "ABC123"))
    shown = html.unescape(page(client, "application", found.number))
    assert "Examination (6 of 7 checked)" in shown
    assert "the application can be accepted: Signature" in shown
    found.refresh_from_db()
    assert found.state == "under_examination"
    assert good_certificates(found) == 2
    prove(client, found, card)
    assert "Examination (7 of 7 checked)" in page(client, "application", found.number)
    client.post(reverse("counter:approve", args=[found.number]))
    done = renew(client, found, card)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/")
    kept = " ".join(JournalEntry.objects.values_list("detail", flat=True)) + str(found.details)
    assert not any(pin in kept for pin in ("WRONG1", "ABC123"))


def test_no_pin_is_tried_while_something_else_is_missing(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found = received(console, client, resident, copy_1=None, document_1="")
    before = (console.cards / f"{issued.card_number}.json").read_bytes()
    shown = page(client, "application", found.number)
    assert codes(shown) == ["E_ID_DOC_MISSING"]
    assert "Have the PINs entered" not in shown
    assert "Examination (5 of 7 checked)" in shown
    refused = prove(client, found, issued.card_number, resident_register_known="9999")
    assert codes(refused.content.decode()) == ["E_ID_DOC_MISSING"]
    assert (console.cards / f"{issued.card_number}.json").read_bytes() == before


def test_pins_are_entered_or_said_not_to_be_known(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident), issued.card_number
    empty = prove(client, found, "", signature_known="").content.decode()
    assert "Enter the PIN, or tick that it is not known." in empty
    assert "Choose the card that lies on the reader." in empty
    assert "WRONG" not in empty
    noted = prove(client, found, "", **NOT_KNOWN).content.decode()
    assert "set anew once the application is accepted" in noted
    assert "Accept the application" in noted
    again = prove(client, found, card)  # a second click changes nothing
    assert again.redirect_chain[-1][0] == reverse("counter:application", args=[found.number])
    assert JournalEntry.objects.filter(act="prove PINs").count() == 1
    client.post(reverse("counter:approve", args=[found.number]))
    asked = page(client, "renew", found.number)
    assert 'name="signature_pin"' in asked
    assert "?known=signature" in asked
    knows = "?known=signature&known=user_authentication&known=resident_register"
    assert renew(client, found, card, knows).redirect_chain[-1][0].endswith("/renewal-receipt/")


def good_certificates(application: Application) -> int:
    records = IssuanceRecord.objects.filter(person_code=application.resident_id)
    return records.filter(status="good").count()


@pytest.mark.clause("S3-11")
@pytest.mark.parametrize("blocked", [False, True])
def test_a_pin_that_is_not_known_is_set_anew_in_the_same_visit(console: Console, blocked: bool) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident), issued.card_number
    if blocked:
        spend(console, card)
        shown = html.unescape(prove(client, found, card).content.decode())
        assert "A PIN is blocked." in shown
    else:
        shown = html.unescape(prove(client, found, card, signature_not_known="on").content.decode())
        assert "PINs that are not known are set anew" in shown
    assert "Set anew in the next step" in shown
    client.post(reverse("counter:approve", args=[found.number]))
    new = {"signature_pin": "NEU456", "signature_pin_again": "neu456"}
    differing = renew(client, found, card, **new | {"signature_pin_again": "NEU457"})
    assert "The two entries differ." in differing.content.decode()
    done = renew(client, found, card, **new)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/")
    assert console.pin_opens(card, KeySlot.SIGNATURE, "NEU456")
    found.refresh_from_db()
    assert found.details["pins"] == {
        "resident_register": "proved",
        "user_authentication": "proved",
        "signature": "set anew",
    }


def spend(console: Console, card: str) -> None:
    """Every try of the signature certificate's PIN."""
    with CardFile.open(console.cards / f"{card}.json") as file:
        session = CardSession(InProcess(file.card))
        session.select_jpki()
        for _try in range(5):
            with pytest.raises(CardError):
                session.verify_pin(KeySlot.SIGNATURE, Pin("WRONG1"), use_last_try=True)


def test_the_last_try_is_used_only_knowingly(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident), issued.card_number
    for _try in range(2):
        prove(client, found, card, resident_register_known="9999")
    asked = prove(client, found, card)
    assert codes(asked.content.decode()) == ["E_PIN_LAST_TRY"]
    assert 'name="resident_register_last_try"' in asked.content.decode()
    done = prove(client, found, card, resident_register_last_try="on")
    assert "The PINs were confirmed." in done.content.decode()


@pytest.mark.clause("S3-8", "S3-12")
def test_after_the_recording_a_cut_is_mended_by_another_clerk_without_a_pin(town: Town) -> None:
    holder = town.holder()
    almost_expired(town, holder)
    application = town.received_renewal(holder.resident)
    town.approve(application)
    before = town.records(holder)
    commands, cut = 0, True
    while cut:
        commands += 7
        state = person_state(town.clerk(), holder.code)
        try:
            town.renew(application, PulledAfter(holder.card, commands))
            cut = False
        except CardError:
            pass
        after = person_state(town.clerk(), holder.code)
        good = [each for each in after.certificates if each.status.stands]
        assert len(good) == 2
        if not after.unwritten(day_in_japan(town.clock.now())) and cut:
            assert {each.serial_number for each in good} <= {
                each.serial_number for each in state.certificates
            }
    application.refresh_from_db()
    assert application.state == "carried_out"
    now = town.records(holder)
    assert all(now[purpose].serial_number != before[purpose].serial_number for purpose in Purpose)
    for purpose in Purpose:
        record = IssuanceRecord.objects.get(pk=before[purpose].pk)
        assert (record.status, record.crl_reason) == ("revoked", "superseded")
        session = holder.session()
        session.verify_pin(SLOT[purpose], PINS[purpose])
        assert session.read_certificate(SLOT[purpose]) == bytes(now[purpose].certificate)


def test_the_list_says_who_waits_for_the_writing(console: Console) -> None:
    client, found, card = accepted(console)
    clerk, clock = console.town.clerk(), console.town.clock
    with CardFile.open(console.cards / f"{card}.json") as file:
        typed = CardAndTyped(PulledAfter(file.card, CUT_AFTER_RECORDING))
        with pytest.raises(CardError):
            renewal.renew(found, typed, clerk=clerk, clock=clock)
    assert "Renewal begun, to be finished" in page(client, "applications")
    shown = page(client, "renew", found.number)
    assert 'type="password"' not in shown
    assert "Write the new certificates" in shown
    other = console.clerk(console.town.clerk("jiro"))
    refused = other.post(reverse("counter:reject", args=[found.number]), {"reason": "too late"})
    assert "E_RENEWAL_RECORDED" in codes(refused.content.decode())
    done = other.post(reverse("counter:renew", args=[found.number]), {"card": card}, follow=True)
    assert done.redirect_chain[-1][0].endswith("/renewal-receipt/")


def test_a_second_click_finds_the_work_done(console: Console) -> None:
    client, found, card = accepted(console)
    renew(client, found, card)
    again = renew(client, found, card)
    assert again.redirect_chain[-1][0].endswith("/renewal-receipt/")
    assert IssuanceRecord.objects.filter(person_code=found.resident_id).count() == 4


@pytest.mark.clause("S1-E0")
def test_one_of_two_certificates_is_renewed_and_the_other_stays(console: Console) -> None:
    client, resident, issued = near_expiry(console)
    found, card = received(console, client, resident, purposes=["user_authentication"]), issued.card_number
    assert 'name="signature_known"' not in page(client, "prove_pins", found.number)
    prove(client, found, card)
    client.post(reverse("counter:approve", args=[found.number]))
    client.post(reverse("counter:renew", args=[found.number]), {"card": card})
    found.refresh_from_db()
    assert [each["purpose"] for each in found.outcome] == ["user_authentication"]
    assert good_certificates(found) == 2


def test_another_persons_card_is_refused_before_a_try_is_spent(console: Console) -> None:
    client, found, card = accepted(console)
    _other, others = console.resident(complete=True)
    refused = renew(client, found, others)
    assert codes(refused.content.decode()) == ["E_CARD_OTHERS"]
    assert renew(client, found, card).redirect_chain[-1][0].endswith("/renewal-receipt/")


def test_a_former_card_of_the_holder_is_refused_before_a_try_is_spent(town: Town) -> None:
    former = town.give_complete_card(town.move_in())
    town.issue(town.approved(former.resident), former.reader())
    take_back_unreadable(former.resident, clerk=town.clerk(), at=town.clock.now())
    present = town.give_complete_card(former.resident)
    brought = town.issue(town.approved(present.resident), present.reader())
    last_day = min(each.expiry_date for each in brought)
    town.clock.move_to(datetime.combine(last_day - timedelta(30), time(3), UTC))
    application = town.received_renewal(present.resident)
    town.approve(application)
    before = former.card.state
    with pytest.raises(Refused, match="E_CARD_INVALID"):
        town.renew(application, former.reader(), KNOWN_PINS | {PinKind.RESIDENT_REGISTER: Pin("9999")})
    assert former.card.state == before
    assert len(town.renew(application, present.reader())) == 2


def test_what_a_renewal_waits_for_is_a_link(console: Console) -> None:
    """A card that does not show the present entry, and a loss that was reported by telephone."""
    client, resident, _issued = near_expiry(console)
    update = reverse("counter:card_work", args=[resident.public_id, "update"])
    found = received(console, client, resident, purposes=["user_authentication"])
    console.town.move(resident, "みほん県みほん市例示町９－９")
    shown = page(client, "application", found.number)
    assert "E_CARD_OUTDATED" in codes(shown)
    assert f'href="{update}"' in shown
    console.town.report_loss(resident.pk)
    lost = page(client, "application", found.number)
    assert "E_CARD_REPORTED_LOST" in codes(lost)
    ways = lost[lost.index("button-row") : lost.index("E_CARD_REPORTED_LOST")]
    assert reverse("counter:resident", args=[resident.public_id]) in ways
