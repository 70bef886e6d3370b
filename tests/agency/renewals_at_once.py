"""Renewals at once, and renewals whose process dies at a commit; for `engine_program`, on either engine."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.simulator.brought import AUTHENTICATION, BOTH, PINS
from honnin.simulator.card_production import blank_card_of
from tests.support.agency.dying import dies
from tests.support.agency.renewals import Renewal
from tests.support.agency.visits import OF_ADULTS, Visit, cut, due_at_once
from tests.support.town import Holder, Town

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
    for number in range(1, 30):
        attempt = renewal(town, due_by_card(town, AUTHENTICATION), AUTHENTICATION)
        if not dies(attempt.carry_out, attempt.holder, folder, number, after=after, databases=("agency",)):
            attempt.require_renewed()
            return number - 1
        attempt.require_old_or_new()
        attempt.carry_out()
        attempt.require_renewed()
        assert IssuanceRecord.objects.filter(application_number=attempt.number).count() == 1
    raise AssertionError("it dies for ever")


CUTS, KILLS = (22, 40), (6, 11)
"""Before the recording and after it: commands to the card, commits of both parties."""


def visits(town: Town, folder: Path) -> dict[str, int]:
    """Visits to the counter, cut and killed at some points and asked for again; how many were."""
    interrupted: Counter[str] = Counter()
    for way in OF_ADULTS:
        holder = due_at_once(town)
        for number in (*CUTS, *KILLS):
            visit = Visit(town, holder, way)
            if number in CUTS:
                interrupted["cut"] += cut(visit, number, answer_lost=True)
            else:
                interrupted["killed"] += dies(visit.go_on, holder, folder, number, after=True)
            visit.require_old_or_new()
            interrupted["recorded"] += bool(visit.renewal.new)
            visit.go_on(clerk="jiro")
            visit.require_renewed()
    return dict(interrupted)


def told(town: Town, at_once: AtOnce, folder: Path) -> dict[str, Any]:
    """Everything of renewals that `engine_program` tells."""
    return {
        "of_one": of_one_person(town, at_once),
        "of_many": of_many_people(town, at_once),
        "killed": killed_at_every_commit(town, folder),
        "visits": visits(town, folder),
    }
