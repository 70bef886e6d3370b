"""Moving in at the counter: what goes on, what ends, and the clocks that run after it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.identifiers import PersonCode
from honnin.law.terms import Purpose
from honnin.municipality.residents.changes import (
    end_overdue_arrivals,
    overdue_arrivals,
)
from honnin.municipality.residents.models import Arrival, Departure, FormerEntry, Resident
from honnin.municipality.residents.services import deliver_reports, end_overdue_moves
from honnin.simulator.town import NEXT_DOOR
from tests.municipality.counter.procedures.register.notices import (
    BOTH_END,
    NEXT_DOOR_ADDRESS,
    SIGNATURE_ENDS,
    TODAY,
    move_in,
    moved_out,
    moving_in,
    next_door,
    send,
    statuses,
)
from tests.support.console import Console, codes, searched

pytestmark = pytest.mark.django_db(databases="__all__")


# — Moving in ————————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S1-E3b", "S2-3b")
def test_who_moves_in_keeps_the_card_and_applies_for_the_signature_certificate(console: Console) -> None:
    client, person, _application = console.issued()
    there = next_door(console)
    assert "entered in a register still" in move_in(there, moving_in(person), confirmed=True)
    moved_out(console, client, person)
    asked = move_in(there, moving_in(person))
    assert "Is revoked already" in asked
    assert "Stays valid" in asked
    done = move_in(there, moving_in(person), confirmed=True)
    assert "Moving in was recorded." in done
    assert reverse("counter:new_application", args=[person.public_id]) in done
    person.refresh_from_db()
    assert (person.municipality_id, person.address, person.removed_on) == ("99102", NEXT_DOOR_ADDRESS, None)
    assert person.card_outdated
    assert statuses(person) == SIGNATURE_ENDS
    assert Departure.objects.get().completed_on == date(2026, 6, 2)
    assert "recorded already" in move_in(there, moving_in(person), confirmed=True)
    # The former municipality's clock stands still, and the new one may act on card and certificates.
    console.town.clock.move_to(console.town.clock.now() + timedelta(days=40))
    assert end_overdue_moves(console.town.clock.now()) == 0
    client, there = console.clerk(), next_door(console)
    assert console.apply(there, person, purposes=["signature"]).status_code == 302
    application = person.applications.order_by("-received_at").first()
    assert application is not None
    assert application.municipality_id == "99102"
    former = client.get(reverse("counter:application", args=[application.number]))
    assert codes(former.content.decode()) == ["E_OFFICE_WRONG"]
    approved = there.post(reverse("counter:approve", args=[application.number]), follow=True)
    assert codes(approved.content.decode()) == []
    card = next(console.cards.glob("*.json")).stem
    issued = there.post(
        reverse("counter:issue", args=[application.number]),
        {"card": card, "signature_pin": "ABC123", "signature_pin_again": "ABC123"},
    )
    assert issued.headers["Location"].endswith("/receipt/")
    moved = IssuanceRecord.objects.filter(person_code=person.pk, status="good", purpose=Purpose.SIGNATURE)
    assert moved.get().municipality_code == "99102"


@pytest.mark.parametrize(
    ("left_on", "moved_in_on", "ends"),
    [
        ("2026-05-19", "2026-05-19", False),  # 14 days of moving in
        ("2026-05-18", "2026-05-18", True),
        ("2026-05-03", "2026-05-20", False),  # 30 days of the day of the move
        ("2026-05-02", "2026-05-20", True),
    ],
)
def test_a_notice_of_moving_in_that_comes_too_late_ends_the_card(
    console: Console, left_on: str, moved_in_on: str, ends: bool
) -> None:
    client, person, _application = console.issued()
    moved_out(console, client, person)
    there, sent = next_door(console), moving_in(person, left_on=left_on, moved_in_on=moved_in_on)
    assert ("comes too late: the card ends" in move_in(there, sent)) is ends
    move_in(there, sent, confirmed=True)
    assert statuses(person) == (BOTH_END if ends else SIGNATURE_ENDS)
    assert [card.valid for card in cards_of(person.pk)] == [not ends]
    assert Arrival.objects.get().over is ends


def test_a_card_that_is_not_shown_within_ninety_days_ends(console: Console) -> None:
    client, person, _application = console.issued()
    moved_out(console, client, person)
    move_in(next_door(console), moving_in(person), confirmed=True)
    town = console.town
    town.clock.move_to(town.clock.now() + timedelta(days=90))
    assert not overdue_arrivals(day_in_japan(town.clock.now())).exists()
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    assert end_overdue_arrivals(town.clock.now()) == 1
    assert end_overdue_arrivals(town.clock.now()) == 0
    deliver_reports(town.clock.now())
    assert statuses(person) == BOTH_END
    assert [card.valid for card in cards_of(person.pk)] == [False]


def test_who_moves_on_without_showing_the_card_loses_it(console: Console) -> None:
    client, person, _application = console.issued()
    moved_out(console, client, person)
    there = next_door(console)
    move_in(there, moving_in(person), confirmed=True)
    back = {"destination": "みほん県みほん市見本町１", "moved_on": TODAY}
    send(there, person, "move_out", back, confirmed=True)
    assert statuses(person) == SIGNATURE_ENDS
    person.refresh_from_db()
    sent = moving_in(person, address="みほん県みほん市見本町１", left_on=TODAY, moved_in_on=TODAY)
    assert "comes too late: the card ends" in move_in(client, sent)
    move_in(client, sent, confirmed=True)
    assert statuses(person) == BOTH_END
    assert [each.over for each in Arrival.objects.order_by("pk")] == [True, True]


def test_a_card_that_was_brought_up_to_date_after_moving_in_goes_on(console: Console) -> None:
    client, person, _application = console.issued()
    moved_out(console, client, person)
    there = next_door(console)
    move_in(there, moving_in(person), confirmed=True)
    card = next(console.cards.glob("*.json")).stem
    there.post(reverse("counter:card_work", args=[person.public_id, "update"]), {"card": card})
    assert Arrival.objects.get().card_shown
    console.town.clock.move_to(console.town.clock.now() + timedelta(days=100))
    assert end_overdue_arrivals(console.town.clock.now()) == 0


def test_somebody_from_elsewhere_is_entered_anew(console: Console) -> None:
    client = console.clerk()
    sent = {
        "person_code": "9900 0765 432",
        "name": "例示　次郎",
        "kana": "レイジ　ジロウ",
        "birth_date": "昭和55年5月1日",
        "sex": "1",
        "origin": "ほかの県ほかの市１",
        "left_on": "2026-06-01",
        "address": "みほん県みほん市見本町３",
        "moved_in_on": "2026-06-01",
    }
    done = move_in(client, sent, confirmed=True)
    assert "Moving in was recorded." in done
    entry = Resident.objects.get(pk=PersonCode("99000765432"))
    assert (entry.name, entry.municipality_id) == ("例示　次郎", "99101")
    assert FormerEntry.objects.get().before == {"address": "ほかの県ほかの市１"}
    assert "例示　次郎" in searched(client, "例示 次郎")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"person_code": "123"}, "eleven digits"),
        ({"name": "別人　花子"}, "cannot be confirmed that it is the same person"),
        ({"birth_date": "1979-01-01"}, "cannot be confirmed that it is the same person"),
        ({"address": "みほん県みほん市見本町１"}, "みほん"),
        ({"address": "ためし市"}, "みほん県ためし市"),
        ({"moved_in_on": "2026-06-03"}, "has not come"),
        ({"moved_in_on": ""}, "Enter the day of moving in"),
        ({"name": "\u200b"}, "cannot be seen"),
    ],
)
def test_moving_in_that_cannot_be_recorded_is_told_so(
    console: Console, typed: dict[str, str], said: str
) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    moved_out(console, client, person)
    assert said in move_in(next_door(console), moving_in(person, **typed), confirmed=True)
    person.refresh_from_db()
    assert person.municipality_id == "99101"


def test_a_clerk_does_not_enter_themselves(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    moved_out(console, client, person)
    oneself = console.town.clerk("self", municipality=NEXT_DOOR, person_code=person.pk)
    assert codes(move_in(console.clerk(oneself), moving_in(person), confirmed=True)) == ["E_OWN_APPLICATION"]
    person.refresh_from_db()
    assert person.removed_on is not None


def test_who_died_does_not_move_in(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    send(client, person, "remove_entry", {"why": "death", "removed_on": TODAY}, confirmed=True)
    assert "E_ENTRY_REMOVED" not in move_in(client, moving_in(person, address="みほん県みほん市見本町１"))
    person.refresh_from_db()
    assert person.removed_on is not None
