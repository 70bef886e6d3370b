"""The feed of events to the agency: dropped, doubled, shuffled, cut, and in the end as if nothing had been.

Two groups of the same people live the same changes; one of them over a line that does everything a line can
do wrong.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import cast

import pytest
from django.db.models import Sum

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.models import Person, StatusChange
from honnin.agency.records.queries import records_of
from honnin.agency.revocation.models import Feed
from honnin.errors import Conflict, Malformed, NotAllowed, Unavailable
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import ChangeReport, Reconciliation, Resident
from honnin.municipality.residents.reconciliation import Found, due_reconciliations, reconcile
from honnin.municipality.residents.services import (
    deliver_reports,
    record_change_of_address,
    record_move_out,
    record_removal,
)
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Lines, Message, Sender, line_to, plug, plugged
from honnin.wire.messages.certificates import PersonState
from honnin.wire.messages.register import AskEventCounts, ReportEvent
from tests.support.agency.speaking import OneLine, R, said_by
from tests.support.agency.unplugged import Unplugged
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

HERE = MunicipalityCode("99101")
TODAY = date(2026, 6, 2)
SEED = 20260602


class Faulty(OneLine):
    """A line that loses, doubles and shuffles what it is told, and says it was heard; or that it was not."""

    FAULTS = ("drop", "unheard", "answer lost", "double", "late")

    def __init__(self, lines: Lines, random: Random, share: float) -> None:
        self._lines, self._random, self._share = lines, random, share
        self.faults: Counter[str] = Counter()
        self.arrived: Counter[tuple[PersonCode, int]] = Counter()
        self.early = 0
        self._late: list[tuple[Sender, ReportEvent]] = []
        self._heard: Counter[PersonCode] = Counter()

    def ask(self, sender: Sender, message: Message[R]) -> R:
        if not isinstance(message, ReportEvent) or self._random.random() > self._share:
            return self._pass(sender, message)
        fault = self._random.choice(self.FAULTS)
        self.faults[fault] += 1
        if fault == "unheard":
            raise Unavailable("E_LINE_MISSING", party=HERE)
        if fault in ("drop", "late"):
            if fault == "late":
                self._late.append((sender, message))
            return cast(R, PersonState((), ()))
        answer = cast("R", self._pass(sender, message))
        if fault == "double":
            self._pass(sender, message)
        else:
            raise Unavailable("E_LINE_MISSING", party=HERE)
        return answer

    def _pass(self, sender: Sender, message: Message[R]) -> R:
        if self._late and self._random.random() < 0.3:
            with suppress(Conflict):
                self._deliver(*self._late.pop(self._random.randrange(len(self._late))))
        return self._deliver(sender, message)

    def _deliver(self, sender: Sender, message: Message[R]) -> R:
        if isinstance(message, ReportEvent):
            if message.number > self._heard[message.person_code] + 1:
                self.early += 1
            else:
                self.arrived[message.person_code, message.number] += 1
                self._heard[message.person_code] = max(self._heard[message.person_code], message.number)
        return said_by(self._lines, sender, message)

    @property
    def repeated(self) -> int:
        return sum(times - 1 for times in self.arrived.values())


def live(resident: Resident, town: Town, plan: Random, events: int) -> list[Callable[[], object]]:
    """The same changes for who has the same plan: moves, new writings, and perhaps an end."""

    def change(number: int, kind: EntryChange) -> Callable[[], object]:
        return lambda: record_change_of_address(
            Resident.objects.get(pk=resident.pk),
            f"みほん県みほん市見本町{number}番",
            kind,
            clerk="hanako",
            at=town.clock.now(),
        )

    kinds = (EntryChange.BUILDING_NAME, EntryChange.AREA_RENAMED, EntryChange.ADDRESS)
    acts = [change(number, plan.choice(kinds[: 2 + (number > 5)])) for number in range(2, 1 + events)]
    end = plan.choice(("stays", "dies", "moves"))
    at = town.clock.now()
    if end == "dies":
        acts.append(lambda: record_removal(resident, TODAY, clerk="hanako", at=at))
    if end == "moves":
        long_ago = TODAY - timedelta(days=plan.choice((3, 40)))
        acts.append(lambda: record_move_out(resident, "ほかの県ほかの市１", long_ago, clerk="hanako", at=at))
    return acts


def ended_as(holder: Holder) -> dict[str, object]:
    """How a person ended up at the agency, but for the numbers of things."""
    feed = Feed.objects.get(person_code=holder.code)
    person = Person.objects.get(pk=holder.code)
    return {
        "certificates": sorted(
            (each.purpose, each.status, each.crl_reason) for each in records_of(holder.code)
        ),
        "cards": [card.valid for card in cards_of(holder.code)],
        "heard": feed.heard,
        "standing": feed.standing,
        "notices": person.notices,
        "lost": person.reported_lost,
        "changes": StatusChange.objects.filter(record__person_code=holder.code).count(),
    }


def run(town: Town, people: int, events: int, share: float) -> Faulty:
    """Both groups live; then the line is whole again, what waits is told, and both registers are compared."""
    clean, shaken = ([town.with_certificates() for _ in range(people)] for _ in range(2))
    for number, holder in enumerate(clean):
        for act in live(holder.resident, town, Random(SEED + number), events):
            act()
    line = Faulty(plugged("agency"), Random(SEED), share)
    plug("agency", line)
    waiting = [live(each.resident, town, Random(SEED + number), events) for number, each in enumerate(shaken)]
    order = Random(SEED)
    while any(waiting):
        acts = order.choice([each for each in waiting if each])
        with suppress(Unavailable, Conflict):
            acts.pop(0)()
        if order.random() < 0.05:
            with suppress(Unavailable):
                deliver_reports(town.clock.now())
    told = Found(**Feed.objects.aggregate(repeated=Sum("repeated"), early=Sum("early")))
    connect_in_process(town.clock)
    deliver_reports(town.clock.now())
    found = reconcile(HERE, actor="chores", at=town.clock.now())
    again = reconcile(HERE, actor="chores", at=town.clock.now())
    assert [ended_as(each) for each in shaken] == [ended_as(each) for each in clean]
    assert found.events == again.events == ChangeReport.objects.filter(number__isnull=False).count()
    assert found.persons == 2 * people
    assert found.dropped > 0
    assert (again.dropped, again.unmarked, again.differing) == (0, 0, 0)
    assert found.differing == 0
    assert (told.repeated, told.early) == (line.repeated, line.early)
    assert not ChangeReport.objects.filter(delivered=False).exists()
    return line


@pytest.mark.clause("S4-8.1.1")
def test_a_feed_with_faults_ends_as_the_clean_one(town: Town) -> None:
    line = run(town, people=4, events=40, share=0.6)
    assert set(line.faults) == set(Faulty.FAULTS)
    assert line.early > 0
    assert line.repeated > 0


@pytest.mark.long
def test_a_feed_with_twenty_thousand_faults_ends_as_the_clean_one(town: Town) -> None:
    line = run(town, people=40, events=900, share=0.6)
    assert line.faults.total() >= 20_000


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
