"""The feed of events to the agency: dropped, doubled, shuffled, cut, and in the end as if nothing had been.

Two groups of the same people live the same changes; one of them over a line that does everything a line can
do wrong.
"""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from honnin.agency.revocation.models import Feed
from honnin.errors import Conflict, Malformed, NotAllowed, Unavailable
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import ChangeReport, Reconciliation, Resident
from honnin.municipality.residents.reconciliation import due_reconciliations, reconcile
from honnin.municipality.residents.services import (
    deliver_reports,
    record_change_of_address,
)
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Message, line_to, plug
from honnin.wire.messages.register import AskEventCounts, ReportEvent
from tests.support.agency.feeding import HERE, Faulty, ended_as, run
from tests.support.agency.speaking import R
from tests.support.agency.unplugged import Unplugged
from tests.support.databases.engines import environment_of, require_postgresql
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

TODAY = date(2026, 6, 2)


@pytest.mark.clause("S4-8.1.1")
def test_a_feed_with_faults_ends_as_the_clean_one(town: Town) -> None:
    line, rounds = run(town, people=3, events=16, share=0.6)
    assert set(line.faults) == set(Faulty.FAULTS)
    assert rounds[-1] == 0
    counted = Feed.objects.aggregate(repeated=Sum("repeated"), early=Sum("early"))
    assert counted["repeated"] + counted["early"] > 0
    events = set(ChangeReport.objects.values_list("event", flat=True))
    assert events >= {
        "entry_corrected",
        "moved_out_by_notice",
        "moved_in",
        "passed_on",
        "taken_over",
        "entered",
    }


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_feed_with_twenty_thousand_faults_ends_as_the_clean_one(engine: str, tmp_path: Path) -> None:
    told = feed_on(engine, tmp_path, people=18, events=500, share=0.95)
    assert sum(told["faults"].values()) >= 20_000
    assert told["rounds"][-1] == 0


def feed_on(engine: str, folder: Path, *, people: int, events: int, share: float) -> dict[str, Any]:
    """The same in an installation of its own, on either engine."""
    if engine == "postgresql":
        require_postgresql()
    program = [sys.executable, "-m", "tests.municipality.residents.feed_program"]
    with environment_of(engine, folder / "home") as environment:
        command = [*program, str(people), str(events), str(share)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def changed_twice(town: Town, holder: Holder) -> list[ReportEvent]:
    """Two changes of which the agency heard nothing, as messages."""
    plug("agency", Unplugged())
    for number in (1, 2):
        with pytest.raises(Unavailable):
            move(town, holder, number)
    connect_in_process(town.clock)
    reports = ChangeReport.objects.filter(resident=holder.code).order_by("number")
    return [event_message(each) for each in reports]


def move(town: Town, holder: Holder, number: int) -> None:
    person = Resident.objects.get(pk=holder.code)
    address = f"みほん県みほん市架空が丘{number}番"
    record_change_of_address(person, address, clerk="hanako", at=town.clock.now())


def event_message(report: ChangeReport) -> ReportEvent:
    from honnin.municipality.residents.delivery import message_of

    return message_of(report)


def tell(message: Message[R], place: MunicipalityCode = HERE) -> R:
    return line_to("agency", place).ask(message, "hanako")


def test_an_event_before_its_turn_is_refused_by_name_and_does_nothing(town: Town) -> None:
    holder = town.with_certificates()
    first, second = changed_twice(town, holder)
    with pytest.raises(Conflict, match="E_EVENT_EARLY") as refused:
        tell(second)
    assert refused.value.context == {"number": 2, "expected": 1}
    assert town.records(holder)[Purpose.SIGNATURE].status == "good"
    tell(first)
    tell(second)
    assert town.records(holder)[Purpose.SIGNATURE].status == "revoked"
    assert [(each.heard, each.early) for each in tell(AskEventCounts(None)).counts] == [(2, 1)]
    deliver_reports(town.clock.now())


def test_an_event_that_comes_again_changes_nothing(town: Town) -> None:
    holder = town.with_certificates()
    move(town, holder, 1)
    before = ended_as(holder)
    told = event_message(ChangeReport.objects.get())
    assert tell(told) == tell(told)
    assert ended_as(holder) == before
    assert [each.repeated for each in tell(AskEventCounts(None)).counts] == [2]


def test_another_event_under_a_number_that_was_heard_is_refused(town: Town) -> None:
    """As after the register was put back to an older state, and went on otherwise."""
    holder = town.with_certificates()
    move(town, holder, 1)
    person, known = holder.code, town.clock.now()
    with pytest.raises(Conflict, match="E_EVENT_DIFFERS"):
        tell(ReportEvent(person, 1, Event.REMOVED_OTHERWISE, (), TODAY, known))
    assert town.records(holder)[Purpose.USER_AUTHENTICATION].status == "good"


@pytest.mark.alters_records
def test_a_register_that_was_put_back_is_noticed_and_nothing_is_told(town: Town) -> None:
    holder, other = town.with_certificates(), town.with_certificates()
    move(town, holder, 1)
    move(town, other, 1)
    ChangeReport.objects.filter(resident=holder.code).delete()
    ChangeReport.objects.filter(resident=other.code).update(changes="name")
    found = reconcile(HERE, actor="chores", at=town.clock.now())
    assert (found.persons, found.events, found.differing, found.dropped) == (2, 1, 2, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"number": -1},
        {"changes": ()},
        {"event": Event.REMOVED_OTHERWISE},
        {"event": Event.MINOR_CORRECTION, "changes": ()},
        {"event": Event.MOVED_ABROAD_SINCE_ISSUE, "changes": ()},
    ],
)
def test_what_is_no_event_of_a_register_is_refused(town: Town, wrong: dict[str, object]) -> None:
    said: dict[str, object] = {
        "person_code": PersonCode("99000000001"),
        "number": 1,
        "event": Event.ENTRY_CORRECTED,
        "changes": (EntryChange.NAME,),
        "on": None,
        "known_at": town.clock.now(),
    }
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        tell(ReportEvent(**(said | wrong)))  # type: ignore[arg-type]


def test_another_municipalitys_resident_is_not_changed(town: Town) -> None:
    holder = town.with_certificates()
    event = ReportEvent(holder.code, 1, Event.ENTRY_CORRECTED, (EntryChange.ADDRESS,), None, town.clock.now())
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        tell(event, MunicipalityCode("99102"))
    assert tell(AskEventCounts(None), MunicipalityCode("99102")).counts == ()


def test_counts_come_in_pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("honnin.agency.revocation.events.PAGE", 2)
    monkeypatch.setattr("honnin.municipality.residents.reconciliation.AT_ONCE", 2)
    people = [town.move_in() for _ in range(5)]
    for person in people:
        for number in (1, 2, 3):
            person.refresh_from_db()
            record_change_of_address(
                person, f"みほん県みほん市見本町{number}番", clerk="hanako", at=town.clock.now()
            )
    found = reconcile(HERE, actor="chores", at=town.clock.now())
    assert (found.persons, found.events, found.dropped, found.differing) == (5, 15, 0, 0)


def test_an_installation_compares_once_a_day(town: Town) -> None:
    holder = town.with_certificates()
    assert due_reconciliations(town.clock.now()) == []
    move(town, holder, 1)
    assert due_reconciliations(town.clock.now()) == []
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    assert due_reconciliations(town.clock.now()) == [HERE]
    reconcile(HERE, actor="chores", at=town.clock.now())
    assert due_reconciliations(town.clock.now()) == []
    assert Reconciliation.objects.count() == 1
    # A clock that was set back delays nothing.
    town.clock.move_to(town.clock.now() - timedelta(hours=1))
    assert due_reconciliations(town.clock.now()) == [HERE]
