"""The same notice twice at once on PostgreSQL, and a change of areas whose process dies at each commit.

Run as `python -m tests.municipality.residents.at_once_program` with HONNIN_HOME and the addresses of the
databases, in an installation of its own; prints as JSON what came of each.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.db import connections, transaction  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402

from honnin.clock import FixedClock  # noqa: E402
from honnin.errors import HonninError  # noqa: E402
from honnin.identifiers import PersonCode  # noqa: E402
from honnin.law.certificates.lapse import EntryChange  # noqa: E402
from honnin.law.counter.notices import Item, Notice  # noqa: E402
from honnin.law.terms import Sex  # noqa: E402
from honnin.municipality.counter.applications.passing_on import carry_out_changes  # noqa: E402
from honnin.municipality.residents import areas, changes  # noqa: E402
from honnin.municipality.residents.departures import record_move_abroad  # noqa: E402
from honnin.municipality.residents.models import (  # noqa: E402
    Arrival,
    ChangeReport,
    Departure,
    FormerEntry,
    Municipality,
    Resident,
)
from honnin.municipality.residents.services import (  # noqa: E402
    deliver_reports,
    record_change_of_address,
    record_move_out,
    record_removal,
)
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.simulator.town import HERE, NEXT_DOOR  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.town import Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
TODAY = date(2026, 6, 2)
NEXT_DOOR_ADDRESS = "みほん県ためし市１"
DIED = 9
Act = Callable[[], object]


def at_once(*acts: Act) -> list[str]:
    """Each act by a connection of its own, all before one may write; what came of each.

    Rows can be read and held meanwhile, so that all have looked at the register before the first changes it.
    """
    came = list[str]()

    def run(act: Act) -> None:
        try:
            act()
            came.append("done")
        except HonninError as error:
            came.append(error.code)
        except Exception as error:
            came.append(repr(error))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    with transaction.atomic(using="municipality"), connections["municipality"].cursor() as cursor:
        tables = ", ".join(each._meta.db_table for each in (Resident, Departure, Arrival))
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        for thread in threads:
            thread.start()
        waited_for(cursor, len(threads))
    for thread in threads:
        thread.join(30)
    return sorted(came)


def waited_for(cursor: Any, number: int) -> None:
    """Until so many wait for a lock: each wants to write, or for another who does."""
    for _try in range(2000):
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        if cursor.fetchone()[0] >= number:
            return
    raise AssertionError("nobody waits")


def stale(person: Resident) -> Resident:
    return Resident.objects.get(pk=person.pk)


def by(name: str) -> dict[str, Any]:
    return {"clerk": name, "at": CLOCK.now()}


def births(town: Town) -> dict[str, list[str]]:
    mother = town.move_in(name="見本　花子", address="みほん県みほん市見本町１－２")
    father = town.move_in(name="見本　一郎", address="みほん県みほん市見本町1番2号")
    child = changes.Newborn("見本　次郎", "ミホン　ジロウ", TODAY, Sex.MALE)
    twin = changes.Newborn("見本　三郎", "ミホン　サブロウ", TODAY, Sex.MALE)
    born = [lambda each=each: changes.record_birth(each, child, **by("a")) for each in (mother, father)]
    twins = [
        lambda each=each, who=who: changes.record_birth(each, who, **by("a"))
        for each, who in (
            (mother, changes.Newborn("見本　四郎", "ミホン　シロウ", TODAY, Sex.MALE)),
            (father, twin),
        )
    ]
    apart = town.move_in(name="見本　五郎", address=NEXT_DOOR_ADDRESS, municipality_id=NEXT_DOOR)
    fifth = changes.Newborn("見本　六郎", "ミホン　ロクロウ", TODAY, Sex.MALE)
    two = [lambda each=each: changes.record_birth(each, fifth, **by("a")) for each in (mother, apart)]
    return {"birth": at_once(*born), "twins": at_once(*twins), "birth, apart": at_once(*two)}


def newcomer(code: str, of: Resident | None = None) -> changes.Newcomer:
    name, born = (of.name, of.birth_date) if of else ("例示　一郎", date(1990, 1, 1))
    return changes.Newcomer(
        PersonCode(code), name, "レイジ　イチロウ", born, Sex.MALE, "ほかの県ほかの市１", NEXT_DOOR_ADDRESS,
        left_on=TODAY, moved_in_on=TODAY,
    )  # fmt: skip


def notices(town: Town) -> dict[str, list[str]]:
    marriage = changes.EntryChanged({Item.HOUSEHOLD: "A-9", Item.RELATIONSHIP: "妻"}, Notice.MARRIAGE, TODAY)
    name = changes.EntryChanged({Item.NAME: "例示　花子"}, Notice.MARRIAGE, TODAY)
    known = town.move_in()
    record_move_out(known, NEXT_DOOR_ADDRESS, TODAY, **by("a"))
    later = TODAY + timedelta(days=9)

    def twice(act: Callable[[Resident], object]) -> list[str]:
        person = town.move_in()
        seen = [stale(person), stale(person)]
        return at_once(*(lambda each=each: act(each) for each in seen))

    def moving_in(who: changes.Newcomer) -> Act:
        return lambda: changes.record_move_in(who, NEXT_DOOR, **by("b"))

    unknown = newcomer("99777777771")
    return {
        "death": twice(lambda each: record_removal(each, TODAY, **by("a"))),
        "marriage": twice(lambda each: changes.record_entry_change(each, marriage, **by("a"))),
        "name": twice(lambda each: changes.record_entry_change(each, name, **by("a"))),
        "moving within": twice(
            lambda each: record_change_of_address(each, "みほん県みほん市例示町９", moved_on=TODAY, **by("a"))
        ),
        "moving out": twice(lambda each: record_move_out(each, NEXT_DOOR_ADDRESS, TODAY, **by("a"))),
        "planned": twice(lambda each: record_move_out(each, NEXT_DOOR_ADDRESS, later, **by("a"))),
        "abroad": twice(lambda each: record_move_abroad(each, "ドイツ", TODAY, **by("a"))),
        "moving in": at_once(moving_in(unknown), moving_in(unknown)),
        "moving in, known": at_once(*[moving_in(newcomer(known.pk, known))] * 2),
    }


def overdue_twice() -> int:
    """How many events two runs of the chores make of one card that was not shown."""
    late = FixedClock(CLOCK.now() + timedelta(days=120))
    Arrival.objects.exclude(resident=PersonCode("99777777771")).update(over=True)
    at_once(*[lambda: changes.end_overdue_arrivals(late.now())] * 2)
    return ChangeReport.objects.filter(event="card_not_presented").count()


def dies_at(act: Act, number: int, *, after: bool) -> bool:
    """Act in a process that dies at its `number`-th commit, before or after it; whether it came so far."""
    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        commit, commits = BaseDatabaseWrapper._commit, count(1)  # type: ignore[attr-defined]

        def dying(connection: BaseDatabaseWrapper) -> None:
            last = next(commits) == number
            if not last or after:
                commit(connection)
            if last:
                os._exit(DIED)

        BaseDatabaseWrapper._commit = dying  # type: ignore[attr-defined]
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


def killed_at_every_commit(town: Town) -> dict[str, object]:
    """みほん市 goes on by a new code; each process dies one commit later than the one before."""
    areas.BATCH = 2  # type: ignore[misc]
    clerk = town.clerk()
    people = [town.move_in(address=f"みほん県みほん市架空町{number}") for number in range(1, 6)]
    own = Municipality.objects.get(pk=HERE)
    new = {"prefecture": "みほん県", "prefecture_romaji": "Mihon-ken", "romaji": "Shin-shi"}

    def command() -> None:
        into = Municipality.objects.filter(pk="99105").first() or Municipality(
            code="99105", name="しん市", **new
        )
        pairs = (("みほん県みほん市", "みほん県しん市"),)
        areas.ask(
            areas.AreaNotice(own, pairs, EntryChange.AREA_RENAMED, TODAY, into), actor="me", at=CLOCK.now()
        )
        carry_out_changes(CLOCK, actor="me")

    deaths = 0
    for after in (False, True):
        for number in count(1):
            if not dies_at(command, number, after=after):
                break
            deaths += 1
    clerk.refresh_from_db()
    moved = Resident.objects.filter(pk__in=[each.pk for each in people])
    former = FormerEntry.objects.filter(resident__in=people)
    reports = ChangeReport.objects.filter(resident__in=people)
    deliver_reports(CLOCK.now())
    return {
        "deaths": deaths,
        "clerk": clerk.municipality_id,
        "lives_at": sorted({str(each.municipality_id) for each in moved}),
        "addresses": sorted(each.address for each in moved)
        == [f"みほん県しん市架空町{n}" for n in range(1, 6)],
        "changes_of_each": [former.count() / len(people), reports.count() / len(people)],
        "waiting": ChangeReport.objects.filter(delivered=False).count(),
    }


def main() -> None:
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    town = Town(CLOCK, KeyPool())
    came: dict[str, object] = {**births(town), **notices(town), "card not shown": overdue_twice()}
    json.dump(came | {"areas": killed_at_every_commit(town)}, sys.stdout)


if __name__ == "__main__":
    main()
