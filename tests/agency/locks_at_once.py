"""Two acts on the rows of one person, each of which has locked some before it comes to those of the other.

For `engine_program`, on either engine.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Thread

from django.db import connections, router, transaction
from django.db.models import Model

from honnin.agency.issuance.models import Stage
from honnin.agency.revocation.services import hold
from honnin.clock import day_in_japan
from honnin.errors import HonninError
from honnin.law.terms import Purpose, Sex
from honnin.municipality.residents.changes import Newcomer, record_move_in
from honnin.municipality.residents.models import Departure, Municipality, Resident
from honnin.municipality.residents.services import (
    deliver_reports,
    end_overdue_moves,
    record_change_of_address,
    record_move_out,
)
from tests.agency.renewals_at_once import due_by_card, renewal
from tests.support.agency.renewals import Renewal
from tests.support.town import Town

Act = Callable[[], object]


def behind(row: Model, first: Act, second: Act) -> list[str]:
    """How both ended: somebody holds a row, for which `first` waits; then `second` begins, which needs it
    too. When the row is free, `first` goes on with what it has not locked yet.
    """
    database = str(router.db_for_write(type(row)))
    ends: dict[str, str] = {}

    def run(name: str, act: Act) -> None:
        try:
            act()
            ends[name] = "done"
        except HonninError as error:
            ends[name] = error.code
        except Exception as error:
            ends[name] = type(error).__name__
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=args) for args in (("first", first), ("second", second))]
    with held(row, database):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            _until_waiting(number, database)
    for thread in threads:
        thread.join(60)
    return [ends["first"], ends["second"]]


@contextmanager
def held(row: Model, database: str) -> Iterator[None]:
    """On SQLite, which has one writer and no locks of rows, nothing is held."""
    if connections[database].vendor == "sqlite":
        yield
        return
    with transaction.atomic(using=database):
        type(row)._base_manager.using(database).select_for_update().get(pk=row.pk)
        yield


def _until_waiting(number: int, database: str) -> None:
    """Until so many wait for a lock."""
    patience = time.monotonic() + 20
    while connections[database].vendor == "postgresql":
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= number:
                return
        assert time.monotonic() < patience, "nobody waits"
        time.sleep(0.01)


def told(town: Town) -> dict[str, list[str]]:
    """How each pair ended."""
    return {
        "move and delivery": _beside_delivery(town, _moves),
        "loss and delivery": _beside_delivery(town, _loses),
        "renewal and delivery": _beside_delivery(town, _renews),
        "overdue move and moving in": _overdue_beside_moving_in(town),
    }


def _beside_delivery(town: Town, other: Callable[[Town, Renewal], Act]) -> list[str]:
    """What is recorded is noted as delivered, the authentication certificate first; others begin with the
    signature certificate.
    """
    attempt = renewal(town, due_by_card(town))
    first = other(town, attempt)
    delivery = partial(attempt.relay, attempt.carry_out_to(Stage.WRITING))
    return behind(attempt.new[Purpose.SIGNATURE], first, delivery)


def _moves(town: Town, attempt: Renewal) -> Act:
    entry = Resident.objects.select_related("municipality").get(pk=attempt.holder.code)
    address = f"{entry.municipality.written()}別町１"
    return partial(record_change_of_address, entry, address, clerk="hanako", at=town.clock.now())


def _loses(town: Town, attempt: Renewal) -> Act:
    return partial(hold, attempt.holder.code, actor="hotline/denwa", at=town.clock.now())


def _renews(town: Town, attempt: Renewal) -> Act:
    """Another application of the same person, which was as far as that one."""
    again = renewal(town, attempt.holder)
    return partial(again.relay, again.carry_out_to(Stage.KEYS))


def _overdue_beside_moving_in(town: Town) -> list[str]:
    entry = town.with_certificates().resident
    now, today = town.clock.now(), day_in_japan(town.clock.now())
    there = Municipality.objects.exclude(pk=entry.municipality_id).order_by("pk")[0]
    record_move_out(entry, f"{there.written()}町１", today, clerk="hanako", at=now)
    deliver_reports(now)
    newcomer = Newcomer(
        entry.person_code,
        entry.name,
        entry.kana,
        entry.birth_date,
        Sex(entry.sex),
        entry.address,
        f"{there.written()}町１",
        left_on=today,
        moved_in_on=today,
    )
    later = now + timedelta(days=40)
    arrival = partial(record_move_in, newcomer, there.code, clerk="hanako", at=later)
    return behind(
        Departure.objects.get(resident=entry.person_code), partial(end_overdue_moves, later), arrival
    )
