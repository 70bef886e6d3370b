"""Births, and moving away ahead of the day: typed, forecast, recorded; what goes on, and what ends when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.models import IssuanceRecord
from honnin.errors import Conflict, Refused
from honnin.law.counter.notices import Notice
from honnin.law.counter.registration import Registration
from honnin.law.terms import Purpose, Sex
from honnin.municipality.counter.procedures.moving_abroad.services import move_abroad
from honnin.municipality.counter.procedures.removal.services import remove_entry
from honnin.municipality.residents.changes import Newborn, record_birth
from honnin.municipality.residents.departures import carry_out_departures, record_move_abroad
from honnin.municipality.residents.models import ChangeReport, Departure, FormerEntry, Resident
from honnin.municipality.residents.queries import registration_of
from honnin.municipality.residents.services import (
    deliver_reports,
    end_overdue_moves,
    record_move_out,
    record_removal,
)
from tests.municipality.counter.procedures.register.notices import (
    BOTH_END,
    NEXT_DOOR_ADDRESS,
    NOTHING_ENDS,
    SIGNATURE_ENDS,
    TODAY,
    move_in,
    moving_in,
    next_door,
    send,
    statuses,
)
from tests.support.console import Console, codes, searched
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

_CHILD = {
    "name": "見本　次郎",
    "kana": "ミホン　ジロウ",
    "birth_date": "2026-06-01",
    "sex": "1",
    "relationship": "子",
}


def days_later(console: Console, days: int) -> None:
    """The chores of a later day."""
    clock = console.town.clock
    clock.move_to(clock.now() + timedelta(days=days))
    carry_out_departures(clock.now())
    end_overdue_moves(clock.now())
    deliver_reports(clock.now())


# — Births —————————————————————————————————————————————————————————————————————————————————————————————————


def test_a_birth_is_entered_in_the_household_of_the_parent_and_once(console: Console) -> None:
    client, person, _application = console.issued(household="A-1")
    asked = send(client, person, "record_birth", _CHILD)
    assert "No certificate is revoked by this" in asked
    assert "見本　次郎" in asked
    assert Resident.objects.filter(name="見本　次郎").count() == 0
    done = send(client, person, "record_birth", _CHILD, confirmed=True)
    assert "The birth was recorded" in done
    child = Resident.objects.get(name="見本　次郎")
    assert (child.address, child.household, child.relationship) == (person.address, "A-1", "子")
    assert (child.municipality_id, child.birth_date) == (person.municipality_id, date(2026, 6, 1))
    assert child.person_code.startswith("99")
    assert FormerEntry.objects.get(resident=child).notice == Notice.BIRTH
    event = ChangeReport.objects.get(resident=child)
    assert (event.event, event.delivered) == ("entered", True)
    assert statuses(person) == NOTHING_ENDS
    again = send(client, person, "record_birth", _CHILD, confirmed=True)
    assert "recorded already" in again
    assert child.person_code in again
    assert child.public_id in searched(client, "見本 次郎")
    twin = send(client, person, "record_birth", _CHILD | {"name": "見本　三郎"}, confirmed=True)
    assert "The birth was recorded" in twin


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"birth_date": "2026-06-03"}, "has not come"),
        ({"birth_date": "1900-01-01"}, "before the person was born"),
        ({"birth_date": "2011-06-02"}, "15 years ago or more"),
        ({"birth_date": "1999-01-01"}, "15 years ago or more"),
        ({"birth_date": ""}, "Enter the date of birth"),
        ({"name": ""}, "Enter the name"),
        ({"name": "\u200b"}, "cannot be seen"),
        ({"sex": ""}, "Choose what the notice says"),
        ({"name": "見" * 101}, "100"),
    ],
)
def test_a_birth_that_cannot_be_recorded_is_told_so(
    console: Console, typed: dict[str, str], said: str
) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    assert said in send(client, person, "record_birth", _CHILD | typed, confirmed=True)
    assert Resident.objects.count() == 1


def test_a_child_has_no_children(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident(birth_date=date(2024, 6, 1))
    assert "younger than 10 years" in send(client, person, "record_birth", _CHILD, confirmed=True)
    child = Newborn("見本　次郎", "ミホン　ジロウ", date(2026, 6, 1), Sex.MALE)
    with pytest.raises(Refused, match="E_PARENT_TOO_YOUNG"):
        record_birth(person, child, clerk="hanako", at=console.town.clock.now())
    assert Resident.objects.count() == 1


def test_the_other_parents_notice_finds_the_child_at_the_address_in_another_spelling(town: Town) -> None:
    mother = town.move_in(address="みほん県みほん市見本町１丁目２番３号")
    father = town.move_in(address="みほん県みほん市見本町一丁目2-3")
    child = Newborn("見本　次郎", "ミホン　ジロウ", date(2026, 6, 1), Sex.MALE)
    record_birth(mother, child, clerk="hanako", at=town.clock.now())
    with pytest.raises(Refused, match="E_BIRTH_RECORDED"):
        record_birth(father, child, clerk="taro", at=town.clock.now())
    neighbour = town.move_in(address="みほん県みほん市見本町１丁目２番４号")
    with pytest.raises(Refused, match="E_BIRTH_ELSEWHERE"):
        record_birth(neighbour, child, clerk="taro", at=town.clock.now())
    namesake = replace(child, another_child=True)
    assert record_birth(neighbour, namesake, clerk="taro", at=town.clock.now()).pk


def test_the_notice_of_a_parent_at_another_address_is_asked_about(console: Console) -> None:
    client, (mother, _card) = console.clerk(), console.resident()
    father = console.town.move_in(address="みほん県みほん市別町９")
    page = client.get(reverse("counter:record_birth", args=[mother.public_id])).content.decode()
    assert "another child" not in page
    assert "The birth was recorded" in send(client, mother, "record_birth", _CHILD, confirmed=True)
    asked = send(client, father, "record_birth", _CHILD, confirmed=True)
    assert "entered at another address already" in asked
    assert Resident.objects.filter(name="見本　次郎").count() == 1
    found = {"another_child": "on"}
    assert 'name="another_child"' in send(client, father, "record_birth", _CHILD | found)
    twin = {"name": "見本　三郎"}
    assert 'name="another_child"' not in send(client, father, "record_birth", _CHILD | twin)
    assert "The birth was recorded" in send(client, father, "record_birth", _CHILD | found, confirmed=True)
    assert "recorded already" in send(client, father, "record_birth", _CHILD | found, confirmed=True)
    assert Resident.objects.filter(name="見本　次郎").count() == 2


def test_a_foreign_child_may_stay_for_sixty_days(town: Town) -> None:
    child = Newborn("SAMPLE　ANNA", "サンプル　アンナ", date(2026, 6, 1), Sex.FEMALE, foreign=True)
    entry = record_birth(town.move_in(), child, clerk="hanako", at=town.clock.now())
    assert (entry.stay_status, entry.stay_until) == ("born_in_japan", date(2026, 7, 31))


def test_no_birth_at_the_address_of_who_has_left(town: Town) -> None:
    parent = town.move_in()
    record_removal(parent, date(2026, 6, 2), clerk="hanako", at=town.clock.now())
    child = Newborn("見本　次郎", "ミホン　ジロウ", date(2026, 6, 1), Sex.MALE)
    with pytest.raises(Refused, match="E_ENTRY_REMOVED"):
        record_birth(parent, child, clerk="hanako", at=town.clock.now())


# — Moving out ahead of the day ————————————————————————————————————————————————————————————————————————————

_AHEAD = {"destination": "みほん県ためし市１", "moved_on": "2026-06-10"}


@pytest.mark.clause("S4-8.1.1")
def test_who_moves_out_on_a_day_to_come_is_entered_until_then(console: Console) -> None:
    client, person, _application = console.issued()
    asked = send(client, person, "move_out", _AHEAD)
    assert "The entry stands until the day of the move" in asked
    assert asked.count("Stays valid") == 3
    assert "2026-07-10" in asked  # 30 days from the planned day
    done = send(client, person, "move_out", _AHEAD, confirmed=True)
    assert "recorded ahead of its day" in done
    assert "Moves out on 2026-06-10" in done
    assert reverse("counter:move_out", args=[person.public_id]) not in done
    assert reverse("counter:move_abroad", args=[person.public_id]) not in done
    assert "recorded already" in send(client, person, "move_out", _AHEAD, confirmed=True)
    assert Departure.objects.count() == 1
    days_later(console, 7)
    assert statuses(person) == NOTHING_ENDS
    assert registration_of(Resident.objects.get(pk=person.pk)) is Registration.RECORDED
    days_later(console, 1)
    entry = Resident.objects.get(pk=person.pk)
    assert (entry.removed_on, registration_of(entry)) == (date(2026, 6, 10), Registration.MOVED_OUT)
    assert statuses(person) == SIGNATURE_ENDS
    days_later(console, 30)
    assert statuses(person) == SIGNATURE_ENDS
    days_later(console, 1)
    assert statuses(person) == BOTH_END


def test_chores_that_come_late_do_all_in_its_order(console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_out", _AHEAD, confirmed=True)
    days_later(console, 60)
    assert statuses(person) == BOTH_END
    events = ChangeReport.objects.filter(resident=person, number__isnull=False).order_by("number")
    assert [each.event for each in events] == ["moved_out_by_notice", "move_not_completed"]


def test_who_moves_in_before_the_planned_day_has_left_herewith(console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_out", _AHEAD, confirmed=True)
    there = next_door(console)
    done = move_in(there, moving_in(person), confirmed=True)
    assert "Moving in was recorded." in done
    person.refresh_from_db()
    assert (person.municipality_id, person.address) == ("99102", NEXT_DOOR_ADDRESS)
    assert statuses(person) == SIGNATURE_ENDS
    assert [card.municipality_code for card in cards_of(person.pk)] == ["99102"]
    days_later(console, 60)
    assert Resident.objects.get(pk=person.pk).removed_on is None
    assert statuses(person) == SIGNATURE_ENDS


@pytest.mark.parametrize("keeps_card", [False, True])
def test_who_said_abroad_and_moves_in_next_door_before_that_day_keeps_what_the_page_says(
    console: Console, keeps_card: bool
) -> None:
    _client, person, _application = console.issued()
    now = console.town.clock.now()
    day = now.date() + timedelta(days=30)
    record_move_abroad(person, "フランス", day, keeps_card=keeps_card, clerk="hanako", at=now)
    there = next_door(console)
    assert "Nothing was changed." in move_in(console.clerk(), moving_in(person, address=person.address))
    assert "Stays valid" in move_in(there, moving_in(person))
    assert "Moving in was recorded." in move_in(there, moving_in(person), confirmed=True)
    assert statuses(person) == SIGNATURE_ENDS
    assert [(card.municipality_code, card.valid) for card in cards_of(person.pk)] == [("99102", True)]
    departure = Departure.objects.get(resident=person)
    assert (departure.destination, departure.abroad, departure.keeps_card) == (
        NEXT_DOOR_ADDRESS,
        False,
        False,
    )
    events = ChangeReport.objects.filter(resident=person).order_by("pk")
    assert next((each.event, each.on) for each in events) == ("moved_out_by_notice", now.date())
    days_later(console, 60)
    assert Resident.objects.get(pk=person.pk).removed_on is None
    assert statuses(person) == SIGNATURE_ENDS


def test_who_died_before_the_planned_day_has_not_moved_out(console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_out", _AHEAD, confirmed=True)
    town = console.town
    remove_entry(person, date(2026, 6, 2), clerk=town.clerk(), at=town.clock.now())
    days_later(console, 60)
    entry = Resident.objects.get(pk=person.pk)
    assert (entry.removed_on, registration_of(entry)) == (date(2026, 6, 2), Registration.REMOVED)


def test_a_day_more_than_a_year_ahead_is_refused(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    for name in ("move_out", "move_abroad"):
        said = send(client, person, name, _AHEAD | {"moved_on": "2027-06-10"}, confirmed=True)
        assert "more than a year ahead" in said
    assert not Departure.objects.exists()


def test_of_two_notices_one_waits(town: Town) -> None:
    person, stale = town.move_in(), Resident.objects.get()
    record_move_out(person, "ほかの県ほかの市１", date(2026, 6, 10), clerk="hanako", at=town.clock.now())
    with pytest.raises(Conflict, match="E_DEPARTURE_PLANNED"):
        record_move_out(stale, "ほかの県ほかの市２", date(2026, 6, 11), clerk="taro", at=town.clock.now())
    assert Departure.objects.get().destination == "ほかの県ほかの市１"


# — A card that goes on abroad —————————————————————————————————————————————————————————————————————————————

_ABROAD = {"destination": "ドイツ", "moved_on": "2026-06-10", "keeps_card": "on"}


@pytest.mark.clause("S4-8.1.1")
def test_a_card_goes_on_abroad_where_the_notice_asks_for_it(console: Console) -> None:
    client, person, _application = console.issued()
    console.town.clock.move_to(console.town.clock.now() + timedelta(days=1))
    client = console.clerk()
    asked = send(client, person, "move_abroad", _ABROAD)
    assert "Goes on abroad (continued use)" in asked
    done = send(client, person, "move_abroad", _ABROAD, confirmed=True)
    assert "The card and the user-authentication certificate go on" in done
    assert statuses(person) == NOTHING_ENDS
    days_later(console, 8)
    entry = Resident.objects.get(pk=person.pk)
    assert registration_of(entry) is Registration.ABROAD
    assert statuses(person) == SIGNATURE_ENDS
    assert [card.valid for card in cards_of(person.pk)] == [True]
    days_later(console, 60)
    assert statuses(person) == SIGNATURE_ENDS
    # Who died abroad: recorded at the counter that the person left.
    client = console.clerk()
    gone = client.get(reverse("counter:resident", args=[person.public_id])).content.decode()
    assert codes(gone) == ["E_MOVED_ABROAD"]
    assert reverse("counter:remove_entry", args=[person.public_id]) in gone
    assert reverse("counter:remove_entry", args=[person.public_id]) in searched(client, person.pk)
    died = {"why": "death", "removed_on": "2026-06-20"}
    assert "The removal was recorded" in send(client, person, "remove_entry", died, confirmed=True)
    assert statuses(person) == BOTH_END
    assert registration_of(Resident.objects.get(pk=person.pk)) is Registration.REMOVED
    assert "recorded already" in send(client, person, "remove_entry", died, confirmed=True)


def test_a_certificate_issued_since_the_notice_outlives_the_removal(console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_abroad", _ABROAD, confirmed=True)
    days_later(console, 8)
    assert statuses(person) == NOTHING_ENDS
    assert IssuanceRecord.objects.filter(purpose=Purpose.SIGNATURE, status="good").exists()


def test_who_comes_back_with_the_card_has_fourteen_days(console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_abroad", _ABROAD, confirmed=True)
    days_later(console, 300)
    there = next_door(console)
    back = moving_in(person) | {"moved_in_on": "2027-03-28", "left_on": "2026-06-10"}
    assert "Moving in was recorded." in move_in(there, back, confirmed=True)
    assert [card.valid for card in cards_of(person.pk)] == [True]
    assert statuses(person) == SIGNATURE_ENDS


def test_who_moved_abroad_without_the_card_is_entered_elsewhere_again(console: Console) -> None:
    """The agency has heard that the person left, and takes the next municipality's word."""
    client, person, _application = console.issued()
    send(client, person, "move_abroad", {"destination": "ドイツ", "moved_on": TODAY}, confirmed=True)
    there = next_door(console)
    assert "Moving in was recorded." in move_in(there, moving_in(person), confirmed=True)
    assert ChangeReport.objects.filter(delivered=False).count() == 0


@pytest.mark.parametrize(
    ("changed", "moved_on", "said"),
    [
        ({}, TODAY, "before the planned day"),
        ({"stay_status": "permanent"}, "2026-06-10", "Japanese nationals alone"),
    ],
)
def test_continued_use_that_cannot_be_is_told_so(
    console: Console, changed: dict[str, str], moved_on: str, said: str
) -> None:
    client, person, _application = console.issued(**changed)
    assert said in send(client, person, "move_abroad", _ABROAD | {"moved_on": moved_on}, confirmed=True)
    assert statuses(person) == NOTHING_ENDS
    assert not Departure.objects.exists()


def test_continued_use_needs_a_card(town: Town) -> None:
    with pytest.raises(Refused, match="E_CONTINUED_USE_CARD"):
        move_abroad(
            town.move_in(),
            "ドイツ",
            date(2026, 6, 10),
            keeps_card=True,
            clerk=town.clerk(),
            at=town.clock.now(),
        )
