"""Every act of the municipality tells of every row that it wrote: the tables are what the journal says."""

import json
from collections.abc import Callable

import pytest
from django.db import connections, transaction
from django.urls import reverse

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.journal.history import words_of_table
from honnin.journal.rows import row_faults
from honnin.municipality.counter.guards.models import ReasonToLook
from honnin.municipality.counter.guards.staff import note_residence
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.records.journal import JOURNAL
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.services import note_card_updated, record_removal
from tests.support.applications import ACTS, TABLE, State, application_in
from tests.support.console import Console, page
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def faults() -> list[str]:
    return list(row_faults(JOURNAL))


@pytest.mark.parametrize(("act", "state"), TABLE)
def test_an_act_on_an_application_tells_of_all_that_it_wrote(town: Town, act: str, state: State) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    assert faults() == []
    before = JournalEntry.objects.count()
    ACTS[act](town, application, town.clerk(), holder)
    assert faults() == []
    told = list(JournalEntry.objects.order_by("sequence")[before:])
    assert told
    assert {entry.actor for entry in told} == {"municipality/99101/hanako"}
    assert any("municipality_counter_application" in (entry.rows or "") for entry in told)


def test_acts_on_a_person_tell_of_all_that_they_wrote(console: Console) -> None:
    client, resident, application = console.issued()
    address = {"address": "みほん県みほん市例示町９－９", "moved_on": "2026-06-01", "confirmed": "1"}
    client.post(reverse("counter:change_address", args=[resident.public_id]), address)
    resident.refresh_from_db()
    assert resident.card_outdated
    note_card_updated(resident, actor="test", at=console.town.clock.now())
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())
    found = {"card": application.card_number, "pin": "1234"}
    client.post(reverse("counter:release", args=[resident.public_id]), found)
    console.revoke(client, resident, "user_authentication")
    record_removal(resident, console.town.clock.now().date(), clerk="hanako", at=console.town.clock.now())
    neighbour = console.town.move_in(municipality_id="99102")
    reason = {"why": ReasonToLook.MOVING_IN, "explanation": "転入"}
    client.post(reverse("counter:give_reason", args=[neighbour.public_id]), reason)
    note_residence("hanako", neighbour.pk, actor="test", at=console.town.clock.now())
    assert faults() == []
    acts = [entry.act for entry in JournalEntry.objects.order_by("sequence")]
    for act in (
        "change entry",
        "report delivered",
        "note card updated",
        "ask to release",
        "ask to revoke",
        "reason to look",
        "note residence",
    ):
        assert act in acts


WORK: dict[str, Callable[..., int]] = {
    "card work update": card_work.update,
    "card work clear": card_work.clear,
    "card work end": card_work.take_back,
}


@pytest.mark.parametrize("name", WORK)
def test_work_on_a_card_is_told_before_it_is_asked_for(town: Town, name: str) -> None:
    holder = town.give_complete_card(town.move_in())
    WORK[name](holder.resident, holder.reader(), clerk=town.clerk(), clock=town.clock)
    entry = JournalEntry.objects.get(act=name)
    assert entry.subject == f"resident {holder.resident.public_id}"
    assert json.loads(entry.detail) == {"card": holder.card.state.card_number}
    assert faults() == []


def test_looking_changes_no_row(console: Console) -> None:
    client, resident, application = console.issued()
    telling = JournalEntry.objects.filter(rows__contains='"municipality_')
    rows = telling.count()
    page(client, "resident", resident.public_id)
    page(client, "application", application.number)
    page(client, "applications")
    assert rows > 0
    assert telling.count() == rows
    assert faults() == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("counter_application", "state", "'approved'"),
        ("counter_application", "resident_id", "'99000000002'"),
        ("counter_application", "proxy_name", "'代理'"),
        ("counter_application", "identity_documents", "'[]'"),
        ("counter_evidencecopy", "copied_by", "'taro'"),
        ("counter_evidencecopy", "content", "x'00'"),
        ("counter_clerk", "person_code", "'99000000002'"),
        ("counter_clerk", "municipality_id", "'99102'"),
        ("residents_resident", "public_id", "'00000000000000000000000000000000'"),
        ("residents_resident", "birth_date", "'1980-01-01'"),
        ("residents_municipality", "name", "'別の市'"),
    ],
)
@pytest.mark.alters_records
def test_a_value_changed_beside_the_software_is_found(
    town: Town, table: str, column: str, value: str
) -> None:
    application = town.receive(town.move_in())
    town.move_in()
    assert faults() == []
    key = {"counter_application": f"number = '{application.number}'"}.get(
        table, f"{column} IN (SELECT {column} FROM municipality_{table} LIMIT 1)"
    )
    with transaction.atomic(using="municipality"), connections["municipality"].cursor() as cursor:
        cursor.execute(f"UPDATE municipality_{table} SET {column} = {value} WHERE {key}")
    assert faults()
    assert all(fault.startswith(f"{words_of_table(f'municipality_{table}')}: ") for fault in faults())
