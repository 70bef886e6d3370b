"""Notices that change the register, at the counter: typed, forecast, recorded; and what they end."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.models import StatusChange
from honnin.clock import day_in_japan
from honnin.law.certificates.lapse import EntryChange
from honnin.law.counter.notices import Item, Notice
from honnin.municipality.counter.procedures.change_entry.services import change_entry
from honnin.municipality.counter.procedures.removal.services import remove_entry
from honnin.municipality.residents.changes import (
    EntryChanged,
)
from honnin.municipality.residents.departures import carry_out_departures, due_departures
from honnin.municipality.residents.models import ChangeReport, Departure, FormerEntry
from honnin.municipality.residents.services import deliver_reports, end_overdue_moves
from tests.municipality.counter.procedures.register.notices import (
    BOTH_END,
    NOTHING_ENDS,
    SIGNATURE_ENDS,
    TODAY,
    entry_as_sent,
    send,
    statuses,
    stood,
)
from tests.support.console import Console, codes, page, scan, searched
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


# — Names and corrections ——————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S1-E3b", "S2-3b", "S1-E3a", "S2-3a", "S1-E3c", "S2-3c", "S0-28")
def test_a_marriage_ends_the_signature_certificate_and_leads_to_the_application(console: Console) -> None:
    client, person, former_one = console.issued(name="見本　花子", kana="ミホン　ハナコ")
    sent = entry_as_sent(person, name="例示　花子", kana="レイジ　ハナコ") | {"stood": stood(client, person)}
    asked = send(client, person, "change_entry", sent)
    assert "見本　花子 → 例示　花子" in re.sub("<[^>]+>", "", asked)
    assert "Will be revoked" in asked
    assert "Stays valid" in asked
    assert statuses(person) == NOTHING_ENDS
    done = send(client, person, "change_entry", sent, confirmed=True)
    assert "The change was recorded." in done
    assert "a new one can be applied for" in done
    new_application = reverse("counter:new_application", args=[person.public_id])
    assert new_application in done
    assert statuses(person) == SIGNATURE_ENDS
    person.refresh_from_db()
    assert (person.name, person.kana) == ("例示　花子", "レイジ　ハナコ")
    former = FormerEntry.objects.get()
    assert former.before == {"name": "見本　花子", "kana": "ミホン　ハナコ"}
    assert (former.notice, former.on) == ("marriage", date(2026, 6, 2))
    assert "見本　花子" in page(client, "resident", person.public_id)
    assert person.pk not in searched(client, "見本 花子")
    # In the same visit: the new signature certificate is applied for, and can be approved.
    received = console.apply(client, person, purposes=["signature"], copy_1=scan())
    assert received.status_code == 302
    application = person.applications.exclude(pk=former_one.pk).get()
    approved = client.post(reverse("counter:approve", args=[application.number]), follow=True)
    assert codes(approved.content.decode()) == []
    again = send(client, person, "change_entry", sent, confirmed=True)
    assert "recorded already" in again
    assert FormerEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("notice", "typed", "writing", "after"),
    [
        ("correction", {"birth_date": "1980-05-02"}, "", SIGNATURE_ENDS),
        ("correction", {"sex": "1"}, "", SIGNATURE_ENDS),
        ("correction", {"kana": "ミホン　ハナヨ"}, "", SIGNATURE_ENDS),
        ("other_family", {"name": "例示　花子"}, "", SIGNATURE_ENDS),
        ("request", {"former_surname": "旧氏"}, "", SIGNATURE_ENDS),
        ("request", {"alias": "通称"}, "", SIGNATURE_ENDS),
        ("request", {"household": "42", "relationship": "子"}, "", NOTHING_ENDS),
        ("request", {"place_of_stay": "みほん県ためし市１"}, "", NOTHING_ENDS),
        ("request", {"stay_status": "permanent"}, "", NOTHING_ENDS),
        ("minor_correction", {"name": "見本　華子"}, "standard_character", NOTHING_ENDS),
        ("minor_correction", {"name": "見本　華子"}, "character_identified", NOTHING_ENDS),
        ("minor_correction", {"alias": "通称"}, "accepted_by_minister", NOTHING_ENDS),
    ],
)
@pytest.mark.clause("S4-8.1.1")
def test_each_change_of_an_entry_ends_what_the_law_ends(
    town: Town, notice: str, typed: dict[str, str], writing: str, after: dict[str, str]
) -> None:
    holder = town.with_certificates(name="見本　花子", birth_date=date(1980, 5, 1), sex="2")
    items: dict[Item, object] = {Item(name): value for name, value in typed.items()}
    if "birth_date" in typed:
        items[Item.BIRTH_DATE] = date.fromisoformat(typed["birth_date"])
    new = EntryChanged(items, Notice(notice), date(2026, 6, 2), EntryChange(writing) if writing else None)
    change_entry(holder.resident, new, clerk=town.clerk(), at=town.clock.now())
    assert statuses(holder.resident) == after
    assert ChangeReport.objects.get().delivered
    assert [card.valid for card in cards_of(holder.code)] == [True]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({}, "another than in the register"),
        ({"notice": ""}, "Choose the notice"),
        ({"birth_date": "1980-05-02"}, "is not changed by this notice"),
        ({"notice": "minor_correction", "sex": "1"}, "is not changed by this notice"),
        ({"notice": "minor_correction", "name": "例示　花子"}, "what the minor correction is"),
        ({"name": "例示　花子", "changed_on": "2026-06-03"}, "has not come"),
        ({"name": "例示　花子", "changed_on": "1933-01-01"}, "before the person was born"),
        ({"name": "\u200b"}, "cannot be seen"),
        ({"name": "例示\u200b　花子"}, "cannot be seen"),
        ({"name": ""}, "required"),
        ({"birth_date": "1980-02-30"}, "calendar"),
    ],
)
def test_a_change_that_cannot_be_recorded_is_told_so(
    console: Console, typed: dict[str, str], code: str
) -> None:
    client, (person, _card) = (
        console.clerk(),
        console.resident(name="見本　花子", birth_date=date(1980, 5, 1)),
    )
    said = send(client, person, "change_entry", entry_as_sent(person, **typed), confirmed=True)
    assert code in said
    assert not FormerEntry.objects.exists()
    assert not ChangeReport.objects.exists()


def test_a_name_with_script_in_it_is_shown_as_text(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident(name="見本　花子")
    script = "<script>alert(1)</script>"
    sent = entry_as_sent(person, name=script, notice="correction")
    asked = send(client, person, "change_entry", sent)
    assert script not in asked
    done = send(client, person, "change_entry", sent, confirmed=True)
    assert script not in done
    assert "&lt;script&gt;" in done
    assert not FormerEntry.objects.exists()


def test_who_was_faster_is_noticed_and_nothing_is_undone(console: Console) -> None:
    client, (person, _card) = console.clerk(), console.resident(name="見本　花子")
    sent = entry_as_sent(person, name="例示　花子") | {"stood": stood(client, person)}
    change_entry(
        person,
        EntryChanged({Item.KANA: "ミホン　ハナヨ"}, Notice.CORRECTION, date(2026, 6, 2)),
        clerk=console.town.clerk("taro2"),
        at=console.town.clock.now(),
    )
    said = send(client, person, "change_entry", sent, confirmed=True)
    assert "In the meantime the entry was changed" in said
    person.refresh_from_db()
    assert (person.name, person.kana) == ("見本　花子", "ミホン　ハナヨ")


# — Death and other removals —————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-8.1.1")
@pytest.mark.parametrize("why", ["death", "ex_officio"])
def test_a_removal_ends_card_and_certificates_and_says_so_before(console: Console, why: str) -> None:
    client, person, _application = console.issued()
    sent = {"why": why, "removed_on": TODAY}
    asked = send(client, person, "remove_entry", sent)
    assert "The entry is removed from this register" in asked
    assert asked.count("Will be revoked") == 2
    assert "Ends at once" in asked
    assert statuses(person) == NOTHING_ENDS
    done = send(client, person, "remove_entry", sent, confirmed=True)
    assert "The removal was recorded." in done
    assert statuses(person) == BOTH_END
    assert set(StatusChange.objects.values_list("crl_reason", flat=True)) == {"cessationOfOperation"}
    assert [card.valid for card in cards_of(person.pk)] == [False]
    again = send(client, person, "remove_entry", sent, confirmed=True)
    assert "recorded already" in again
    assert ChangeReport.objects.count() == 1
    gone = client.get(reverse("counter:resident", args=[person.public_id]))
    assert codes(gone.content.decode()) == ["E_ENTRY_REMOVED"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"removed_on": TODAY}, "Choose why"),
        ({"why": "death", "removed_on": ""}, "Enter the day"),
        ({"why": "death", "removed_on": "2026-06-03"}, "has not come"),
        ({"why": "death", "removed_on": "1900-01-01"}, "before the person was born"),
        ({"why": "marriage", "removed_on": TODAY}, "Select a valid choice"),
    ],
)
def test_a_removal_that_cannot_be_recorded_is_told_so(
    console: Console, sent: dict[str, str], said: str
) -> None:
    client, (person, _card) = console.clerk(), console.resident()
    assert said in send(client, person, "remove_entry", sent, confirmed=True)
    person.refresh_from_db()
    assert person.removed_on is None


# — Moving abroad ————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-8.1.1")
def test_who_moves_abroad_keeps_card_and_certificates_up_to_the_planned_day(console: Console) -> None:
    client, person, _application = console.issued()
    town = console.town
    sent = {"destination": "ドイツ", "moved_on": "2026-06-10"}
    asked = send(client, person, "move_abroad", sent)
    assert "Until the planned day card and certificates stay as they are" in asked
    assert asked.count("Stays valid") == 3
    done = send(client, person, "move_abroad", sent, confirmed=True)
    assert "Moving abroad was recorded." in done
    assert "Moves abroad on 2026-06-10" in done
    assert statuses(person) == NOTHING_ENDS
    assert "recorded already" in send(client, person, "move_abroad", sent, confirmed=True)
    assert Departure.objects.count() == 1
    town.clock.move_to(town.clock.now() + timedelta(days=7))
    assert not due_departures(day_in_japan(town.clock.now())).exists()
    assert end_overdue_moves(town.clock.now()) == 0
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    assert carry_out_departures(town.clock.now()) == 1
    assert carry_out_departures(town.clock.now()) == 0
    deliver_reports(town.clock.now())
    assert statuses(person) == BOTH_END
    person.refresh_from_db()
    assert person.removed_on == date(2026, 6, 10)


def test_moving_abroad_on_the_day_itself_ends_at_once(console: Console) -> None:
    client, person, _application = console.issued()
    sent = {"destination": "ドイツ", "moved_on": TODAY}
    asked = send(client, person, "move_abroad", sent)
    assert asked.count("Will be revoked") == 2
    send(client, person, "move_abroad", sent, confirmed=True)
    assert statuses(person) == BOTH_END
    assert "recorded already" in send(client, person, "move_abroad", sent, confirmed=True)
    town = console.town
    town.clock.move_to(town.clock.now() + timedelta(days=60))
    assert end_overdue_moves(town.clock.now()) == 0


def test_who_died_before_the_planned_day_is_removed_once(town: Town, console: Console) -> None:
    client, person, _application = console.issued()
    send(client, person, "move_abroad", {"destination": "ドイツ", "moved_on": "2026-06-10"}, confirmed=True)
    remove_entry(person, date(2026, 6, 2), clerk=town.clerk(), at=town.clock.now())
    town.clock.move_to(town.clock.now() + timedelta(days=10))
    carry_out_departures(town.clock.now())
    person.refresh_from_db()
    assert person.removed_on == date(2026, 6, 2)
    assert ChangeReport.objects.count() == 1
