"""Lives of people as their registers have them, and a line on which everything goes wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import cast

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.models import Person, StatusChange
from honnin.agency.records.queries import records_of
from honnin.agency.revocation.models import Feed
from honnin.clock import day_in_japan
from honnin.errors import Conflict, NotAllowed, Unavailable
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.lapse import EntryChange
from honnin.law.counter.notices import Item, Notice
from honnin.law.terms import Sex
from honnin.municipality.residents.areas import AreaNotice, ask, carry_out
from honnin.municipality.residents.changes import (
    EntryChanged,
    Newborn,
    Newcomer,
    record_birth,
    record_entry_change,
    record_move_in,
)
from honnin.municipality.residents.departures import carry_out_departures, record_move_abroad
from honnin.municipality.residents.models import ChangeReport, Municipality, Resident
from honnin.municipality.residents.reconciliation import reconcile
from honnin.municipality.residents.services import (
    deliver_reports,
    note_card_updated,
    record_change_of_address,
    record_move_out,
    record_removal,
)
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Lines, Message, Sender, plug, plugged
from honnin.wire.messages.certificates import PersonState
from honnin.wire.messages.register import ReportEvent
from tests.support.agency.speaking import OneLine, R, said_by
from tests.support.town import Holder, Town

HERE, THERE = MunicipalityCode("99101"), MunicipalityCode("99102")
SEED = 20260602
ACCIDENTS = (Unavailable, Conflict, NotAllowed)
"""What a clerk sees of a line that is away, and of what waits for another municipality's event."""


class Faulty(OneLine):
    """A line that loses, doubles and shuffles what it is told, and says it was heard; or that it was not."""

    FAULTS = ("drop", "unheard", "answer lost", "double", "late")

    def __init__(self, lines: Lines, random: Random, share: float) -> None:
        self._lines, self._random, self._share = lines, random, share
        self.faults: Counter[str] = Counter()
        self._late: list[tuple[Sender, ReportEvent]] = []

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
                said_by(self._lines, *self._late.pop(self._random.randrange(len(self._late))))
        return said_by(self._lines, sender, message)


class Life:
    """What happens to one person, by a plan: who has the same plan lives the same.

    `town`: a name of its own for the place where the person lives, so that a change of areas is theirs alone.
    """

    KINDS = ("writing", "writing", "move", "correction", "marriage", "household", "away", "area", "code")
    ENDS = ("stays", "dies", "moves", "goes abroad", "goes abroad with the card")

    def __init__(self, holder: Holder, town: Town, number: int) -> None:
        self.holder, self._town = holder, town
        self._letter, self._names, self._numbers = chr(0x6C11 + number), count(0x7011), count(1)
        self._where = self._name()

    def _name(self) -> str:
        return f"{self._letter}{chr(next(self._names))}町"

    def acts(self, plan: Random, events: int) -> list[Callable[[], object]]:
        """What happens, one after the other; every kind in turn first, then by the plan, then the end."""
        first = [self._move, *(getattr(self, f"_{kind}") for kind in dict.fromkeys(self.KINDS)), self._birth]
        then = [getattr(self, f"_{plan.choice(self.KINDS)}") for _ in range(events - len(first))]
        end = plan.choice(self.ENDS)
        return [*first[:events], *then, *([] if end == "stays" else [getattr(self, f"_{_plain(end)}")])]

    @property
    def _entry(self) -> Resident:
        return Resident.objects.select_related("municipality").get(pk=self.holder.code)

    def _next(self) -> datetime:
        """Each act has its own time."""
        self._town.clock.move_to(self._town.clock.now() + timedelta(milliseconds=1))
        return self._town.clock.now()

    def _address(self, place: Municipality) -> str:
        return f"{place.written()}{self._where}{next(self._numbers)}番"

    def _writing(self) -> None:
        entry, kind = self._entry, EntryChange.BUILDING_NAME
        record_change_of_address(
            entry, self._address(entry.municipality), kind, clerk="hanako", at=self._next()
        )

    def _move(self) -> None:
        entry = self._entry
        record_change_of_address(entry, self._address(entry.municipality), clerk="hanako", at=self._next())

    def _correction(self) -> None:
        self._change(Notice.CORRECTION, Item.KANA, f"ミホン　{chr(0x30A2 + next(self._numbers) % 80)}")

    def _marriage(self) -> None:
        self._change(Notice.MARRIAGE, Item.NAME, f"見本{chr(0x4E10 + next(self._numbers) % 5000)}　花子")

    def _household(self) -> None:
        self._change(Notice.REQUEST, Item.HOUSEHOLD, f"A-{next(self._numbers)}")

    def _change(self, notice: Notice, item: Item, value: str) -> None:
        changed = EntryChanged({item: value}, notice, day_in_japan(self._town.clock.now()))
        record_entry_change(self._entry, changed, clerk="hanako", at=self._next())

    def _other(self) -> Municipality:
        return Municipality.objects.get(pk=THERE if self._entry.municipality_id == HERE else HERE)

    def _away(self) -> None:
        """To the other municipality, and the card is shown there."""
        entry, there, today = self._entry, self._other(), day_in_japan(self._town.clock.now())
        address = self._address(there)
        with suppress(*ACCIDENTS):
            record_move_out(entry, address, today, clerk="hanako", at=self._next())
        newcomer = Newcomer(
            self.holder.code,
            entry.name,
            entry.kana,
            entry.birth_date,
            Sex(entry.sex),
            entry.address,
            address,
            left_on=today,
            moved_in_on=today,
        )
        with suppress(*ACCIDENTS):
            record_move_in(newcomer, there.code, clerk="hanako", at=self._next())
        note_card_updated(self._entry, actor="test", at=self._town.clock.now())

    def _area(self, into: Municipality | None = None) -> None:
        """The town has another name, or lies in the other municipality from now on."""
        entry, before = self._entry, self._where
        self._where, place = self._name(), entry.municipality
        pair = (place.written() + before, (into or place).written() + self._where)
        today = day_in_japan(self._town.clock.now())
        notice = AreaNotice(place, (pair,), EntryChange.AREA_RENAMED, today, into)
        change = ask(notice, actor="test", at=self._next())
        assert carry_out(change, self._town.clock, actor="test").changed >= 1

    def _code(self) -> None:
        self._area(self._other())

    def _birth(self) -> None:
        today = day_in_japan(self._town.clock.now())
        child = Newborn("見本　次郎", "ミホン　ジロウ", today, Sex.MALE, another_child=True)
        record_birth(self._entry, child, clerk="hanako", at=self._next())

    def _dies(self) -> None:
        record_removal(self._entry, day_in_japan(self._town.clock.now()), clerk="hanako", at=self._next())

    def _moves(self) -> None:
        long_ago = day_in_japan(self._town.clock.now()) - timedelta(days=40)
        record_move_out(self._entry, "ほかの県ほかの市１", long_ago, clerk="hanako", at=self._next())

    def _goes_abroad(self) -> None:
        today = day_in_japan(self._town.clock.now())
        record_move_abroad(self._entry, "ドイツ", today, clerk="hanako", at=self._next())

    def _goes_abroad_with_the_card(self) -> None:
        """Planned the day before; the entry is removed by the chores."""
        tomorrow = day_in_japan(self._town.clock.now()) + timedelta(days=1)
        record_move_abroad(self._entry, "ドイツ", tomorrow, keeps_card=True, clerk="hanako", at=self._next())


def _plain(words: str) -> str:
    return words.replace(" ", "_")


def ended_as(holder: Holder) -> dict[str, object]:
    """How a person ended up at the agency and in the register, but for the numbers of things."""
    feeds = Feed.objects.filter(person_code=holder.code).order_by("municipality_code")
    lives = {
        each.municipality_code: each.standing for each in feeds if each.standing in ("here", "left", "passed")
    }
    return {
        "certificates": sorted(
            (each.purpose, each.status, each.crl_reason) for each in records_of(holder.code)
        ),
        "cards": [(card.valid, card.municipality_code) for card in cards_of(holder.code)],
        "heard": [(each.municipality_code, each.heard) for each in feeds],
        "lives": lives,
        "lost": Person.objects.get(pk=holder.code).reported_lost,
        "changes": StatusChange.objects.filter(record__person_code=holder.code).count(),
        "municipality": Resident.objects.get(pk=holder.code).municipality_id,
    }


def lived(lives: list[Life], town: Town, events: int, order: Random, tell: Callable[[], object]) -> None:
    """Everything that happens to all of them, in some order; `tell` is called now and then."""
    waiting = [life.acts(Random(SEED + number), events) for number, life in enumerate(lives)]
    while any(waiting):
        acts = order.choice([each for each in waiting if each])
        with suppress(*ACCIDENTS):
            acts.pop(0)()
        if order.random() < 0.05:
            tell()
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    carry_out_departures(town.clock.now())


def settle(town: Town, most: int = 20) -> Iterator[int]:
    """Tell and compare until nothing is missing: how many events each round told again."""
    for _ in range(most):
        deliver_reports(town.clock.now())
        again = sum(reconcile(code, actor="chores", at=town.clock.now()).dropped for code in (HERE, THERE))
        yield again
        if not again and not ChangeReport.objects.filter(delivered=False).exists():
            return


def run(town: Town, people: int, events: int, share: float) -> tuple[Faulty, list[int]]:
    """Two groups live the same, one of them over a faulty line; then the line is whole again, what waits is
    told, and both registers are compared. Both groups end alike.
    """
    clean, shaken = (
        [Life(town.with_certificates(), town, first + number) for number in range(people)]
        for first in (0, people)
    )

    def tell() -> None:
        with suppress(Unavailable):
            deliver_reports(town.clock.now())

    start = town.clock.now()
    lived(clean, town, events, Random(SEED), tell)
    list(settle(town))
    town.clock.move_to(start)
    line = Faulty(plugged("agency"), Random(SEED), share)
    plug("agency", line)
    lived(shaken, town, events, Random(SEED), tell)
    connect_in_process(town.clock)
    rounds = list(settle(town))
    assert [ended_as(each.holder) for each in shaken] == [ended_as(each.holder) for each in clean]
    assert not ChangeReport.objects.filter(delivered=False).exists()
    for code in (HERE, THERE):
        found = reconcile(code, actor="chores", at=town.clock.now())
        assert (found.dropped, found.unmarked, found.differing) == (0, 0, 0)
    return line, rounds


def heard_of(person_code: PersonCode) -> int:
    """How many events the agency heard of a person."""
    return sum(feed.heard for feed in Feed.objects.filter(person_code=person_code))
