"""Renewals at once, and renewals whose process dies at a commit; for `engine_program`, on either engine."""

import os
import pickle
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.card.chip.state import CardState
from honnin.clock import day_in_japan
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.simulator.brought import AUTHENTICATION, BOTH, PINS
from honnin.simulator.card_production import blank_card_of
from tests.support.agency.renewals import Renewal
from tests.support.town import Holder, Town

DIED = 9
_NUMBERS = count(1)
AtOnce = Callable[[list[Callable[[], object]]], Any]


def due_by_card(town: Town, purposes: frozenset[Purpose] = BOTH) -> Holder:
    """A holder whose certificates end with the card, in two months: due as soon as they were issued."""
    at = town.clock.now()
    resident = town.move_in()
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, day_in_japan(at) + timedelta(days=60))
    holder = town.pocket(resident, blank_card_of(resident, at=at, stay=stay))
    town.issue(town.approved(resident, purposes), holder.reader(), {each: PINS[each] for each in purposes})
    return holder


def renewal(town: Town, holder: Holder, purposes: frozenset[Purpose] = BOTH) -> Renewal:
    return Renewal(town, holder, purposes, number=f"99101-RENEW-{next(_NUMBERS)}")


def of_one_person(town: Town, at_once: AtOnce) -> dict[str, Any]:
    """Several applications of one person are renewed at once: one is, whoever asked."""
    holder = due_by_card(town)
    renewals = [renewal(town, holder) for _ in range(6)]
    first = renewals[0]
    ready = [(each, each.carry_out_to(Stage.KEYS)) for each in renewals]
    ends = at_once([partial(each.relay, answers) for each, answers in ready])
    for each in renewals:
        if each.new:
            each.carry_out()
            each.require_renewed()
    brought = IssuanceRecord.objects.filter(person_code=first.holder.code, effective=True)
    return {"ends": ends, "effective": brought.count(), "old": len(first.old)}


def of_many_people(town: Town, at_once: AtOnce) -> dict[str, Any]:
    """Everybody's own renewal, at once."""
    renewals = [renewal(town, due_by_card(town)) for _ in range(5)]
    ends = at_once([each.carry_out for each in renewals])
    for each in renewals:
        each.require_renewed()
    return dict(ends)


def killed_at_every_commit(town: Town, folder: Path) -> dict[str, int]:
    """A process that renews dies before a commit, or after it; the next one finishes. How often it died."""
    return {when: _killed(town, folder, after=when == "after") for when in ("before", "after")}


def _killed(town: Town, folder: Path, *, after: bool) -> int:
    kept = folder / "card.pickle"
    for number in range(1, 30):
        attempt = renewal(town, due_by_card(town, AUTHENTICATION), AUTHENTICATION)
        attempt.holder.store.kept = attempt.holder.card.state
        kept.write_bytes(pickle.dumps(attempt.holder.card.state))
        ended = _in_a_process_that_dies(attempt, kept, number, after=after)
        attempt.holder.store.kept = pickle.loads(kept.read_bytes())
        attempt.holder.revive()
        if ended == 0:
            attempt.require_renewed()
            return number - 1
        assert ended == DIED, ended
        attempt.require_old_or_new()
        attempt.carry_out()
        attempt.require_renewed()
        assert IssuanceRecord.objects.filter(application_number=attempt.number).count() == 1
    raise AssertionError("it dies for ever")


def _in_a_process_that_dies(attempt: Renewal, kept: Path, number: int, *, after: bool) -> int:
    """The status with which a process ends that renews, and dies at its `number`-th commit to the agency."""
    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        commit, commits = BaseDatabaseWrapper._commit, count(1)  # type: ignore[attr-defined]

        def dying(connection: BaseDatabaseWrapper) -> None:
            dies = connection.alias == "agency" and next(commits) == number
            if not dies or after:
                commit(connection)
            if dies:
                os._exit(DIED)

        def store(state: CardState) -> None:
            kept.write_bytes(pickle.dumps(state))

        attempt.holder.card._memory._store = store
        BaseDatabaseWrapper._commit = dying  # type: ignore[attr-defined]
        attempt.carry_out()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def told(town: Town, at_once: AtOnce, folder: Path) -> dict[str, Any]:
    """Everything of renewals that `engine_program` tells."""
    return {
        "of_one": of_one_person(town, at_once),
        "of_many": of_many_people(town, at_once),
        "killed": killed_at_every_commit(town, folder),
    }
