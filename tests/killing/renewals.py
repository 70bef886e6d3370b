"""Renews again and again on an installation of its own, cut after each command to the card, or killed at each
commit; prints what came of it as JSON.

    python -m tests.killing.renewals cut "by proxy" [--lost] [--opensc] [--every N]
    python -m tests.killing.renewals kill "in person" [--lost]

With HONNIN_HOME and, for PostgreSQL, the databases' addresses. `--lost`: the command is carried out and its
answer lost, or the commit made; else neither. `--opensc`: OpenSC reads and signs with the card at each cut,
and after asking again.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from honnin.agency.publication.services import publish  # noqa: E402
from honnin.agency.records.models import IssuanceRecord  # noqa: E402
from honnin.clock import FixedClock  # noqa: E402
from honnin.law.terms import Purpose  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.simulator.onlooker import request_about  # noqa: E402
from honnin.sites.audit.comparison import audit_status  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from honnin.sites.responder import make_responder  # noqa: E402
from tests.support.agency.dying import dies  # noqa: E402
from tests.support.agency.visits import Visit, Way, cut, due_at_once  # noqa: E402
from tests.support.agency.world import read_answer, told_by  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.card.opensc import Judge, require_used  # noqa: E402
from tests.support.card.reader import running_reader  # noqa: E402
from tests.support.town import Holder, Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
VISITS_OF_ONE = 9
MOST = 300
Use = Callable[[Holder, Mapping[Purpose, IssuanceRecord]], None]


class Renewals:
    """One visit after the other, each interrupted at a later point."""

    def __init__(self, town: Town, way: Way, use: Use) -> None:
        self._town, self._way, self._use = town, way, use
        self._responder = make_responder(settings.HOME, CLOCK)
        self.old, self.new = 0, 0

    def visits(self, every: int) -> Iterator[tuple[int, Visit]]:
        holder = due_at_once(self._town)
        for number in count(0, every):
            if number // every % VISITS_OF_ONE == 0:
                holder = due_at_once(self._town)
            assert number < MOST, "interrupted for ever"
            yield number, Visit(self._town, holder, self._way)

    def cut(self, *, lost: bool, every: int) -> int:
        """At how many commands the card was pulled out."""
        for number, visit in self.visits(every):
            if not cut(visit, number, answer_lost=lost):
                visit.require_renewed()
                return number
            self._ask_again(number, visit)
        raise AssertionError

    def killed(self, *, lost: bool, every: int, folder: Path) -> int:
        """At how many commits the process died."""
        for number, visit in self.visits(every):
            if not dies(visit.go_on, visit.holder, folder, number + 1, after=lost):
                visit.require_renewed()
                return number
            self._ask_again(number, visit)
        raise AssertionError

    def _ask_again(self, number: int, visit: Visit) -> None:
        """In between the old ones work, or the new ones are recorded; afterwards exactly the new ones."""
        visit.require_old_or_new()
        recorded = visit.renewal.new
        self.old, self.new = self.old + (not recorded), self.new + bool(recorded)
        self._require_answers(visit)
        self._use(visit.holder, {} if recorded else visit.in_force)
        visit.ask_again(number)
        visit.require_renewed()
        self._require_answers(visit)
        self._use(visit.holder, visit.in_force)

    def _require_answers(self, visit: Visit) -> None:
        """The status service says `good` of what is in force, and of nothing before it."""
        recorded = visit.renewal.new
        for purpose, record in visit.renewal.old.items():
            assert self._told(record) == ("revoked" if purpose in recorded else "good")
        for record in recorded.values():
            assert self._told(record) == "good"

    def _told(self, record: IssuanceRecord) -> str:
        return told_by(read_answer(self._responder.answer(request_about(record)).body))[0]


def nobody_looks(_holder: Holder, _expected: Mapping[Purpose, IssuanceRecord]) -> None:
    pass


def sums() -> dict[str, object]:
    """What must be so whatever happened: numbers without gap or double, one certificate in force each."""
    numbers = {
        purpose: sorted(
            IssuanceRecord.objects.filter(purpose=purpose).values_list("serial_number", flat=True)
        )
        for purpose in Purpose
    }
    pairs = list(IssuanceRecord.objects.values_list("person_code", "purpose", "effective"))
    people = {person for person, _purpose, _effective in pairs}
    in_force = [(person, purpose) for person, purpose, effective in pairs if effective]
    publish(CLOCK)
    return {
        # 1 is the authority's own, 2 its responder's.
        "gaps": [p for p, found in numbers.items() if found != list(range(3, 3 + len(found)))],
        "in_force": len(in_force) - len(set(in_force)),
        "without": 2 * len(people) - len(in_force),
        "issued": len(pairs),
        "audit": audit_status(CLOCK).faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cut", "kill"))
    parser.add_argument("way", choices=list(Way))
    parser.add_argument("--lost", action="store_true")
    parser.add_argument("--opensc", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="honnin-renewals-")))
        use: Use = nobody_looks
        if given.opensc:
            judge = Judge(stack.enter_context(running_reader()), folder)
            use = lambda holder, expected: require_used(judge, holder, expected)  # noqa: E731
        renewals = Renewals(Town(CLOCK, KeyPool()), Way(given.way), use)
        if given.what == "cut":
            times = renewals.cut(lost=given.lost, every=given.every)
        else:
            times = renewals.killed(lost=given.lost, every=given.every, folder=folder)
    told = {"vendor": connections["agency"].vendor, "times": times, "old": renewals.old, "new": renewals.new}
    json.dump(told | sums(), sys.stdout)


if __name__ == "__main__":
    main()
