"""Plays acts at a steady rate on an installation of its own until its standard input ends.

Run as `python -m tests.killing.acts RATE` with HONNIN_HOME and, for PostgreSQL, the databases' addresses. It
prints `ready` when the first people have certificates, and at the end what it did as JSON. Holds, releases,
changes of address and issuing take turns; lists are published and heads signed meanwhile, far more often than
`honnin up` does.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.db import connections  # noqa: E402

from honnin.agency.publication.services import publish, sign_journal  # noqa: E402
from honnin.clock import FixedClock, SystemClock  # noqa: E402
from honnin.law.terms import Purpose  # noqa: E402
from honnin.simulator.installation import open_installation  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.town import Holder, Town  # noqa: E402

CLOCK = SystemClock()
HOLDERS = 12
THREADS = 4
BETWEEN_LISTS, BETWEEN_HEADS = 0.7, 0.3
ISSUED_ONE_IN, MOVED_ONE_IN = 12, 10


class Load:
    """People who lose and find their cards, move, and get certificates."""

    def __init__(self, rate: float) -> None:
        # Its people are apart from the invented population; its clock is only read here.
        self._town = Town(cast(FixedClock, CLOCK), KeyPool(), numbers=count(500_000_000))
        self._rate = rate
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._tickets = 0
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._free = [self._town.with_certificates() for _ in range(HOLDERS)]

    def run(self, until: Callable[[], object]) -> float:
        """Play until `until` returns; how many acts a second there were."""
        self._begun, self._tickets = time.monotonic(), 0
        chores = [(publish, BETWEEN_LISTS), (sign_journal, BETWEEN_HEADS)]
        threads = [threading.Thread(target=self._work) for _ in range(THREADS)]
        threads += [threading.Thread(target=self._chore, args=each) for each in chores]
        for thread in threads:
            thread.start()
        until()
        self._stopped.set()
        for thread in threads:
            thread.join()
        acts = sum(count for name, count in self.done.items() if name not in ("publish", "sign_journal"))
        return acts / (time.monotonic() - self._begun)

    def _work(self) -> None:
        while self._wait_for_turn():
            with self._lock:
                holder = self._free.pop(random.randrange(len(self._free)))
            for name, act in self._acts_about(holder):
                self._noted(name, act)
            with self._lock:
                self._free.append(holder)
        connections.close_all()

    def _wait_for_turn(self) -> bool:
        """The next act's time; nobody makes up for more than a second that was lost."""
        with self._lock:
            self._tickets = max(self._tickets + 1, int((time.monotonic() - self._begun - 1) * self._rate))
            due = self._begun + self._tickets / self._rate
        return not self._stopped.wait(max(0.0, due - time.monotonic()))

    def _acts_about(self, holder: Holder) -> list[tuple[str, Callable[[], object]]]:
        if random.randrange(ISSUED_ONE_IN) == 0:
            return [("issue", self._issue)]
        if random.randrange(MOVED_ONE_IN) == 0:
            address = f"みほん県みほん市見本町{random.randrange(1000)}"
            return [("move", lambda: self._town.move(holder.resident, address))]
        held = self._town.records(holder)[Purpose.USER_AUTHENTICATION].status == "held"
        if held:
            return [("release", lambda: self._town.release(holder))]
        return [("hold", lambda: self._town.report_loss(holder.code))]

    def _issue(self) -> None:
        holder = self._town.with_certificates()
        with self._lock:
            self._free.append(holder)

    def _chore(self, chore: Callable[..., object], pause: float) -> None:
        while not self._stopped.wait(pause):
            self._noted(chore.__name__, lambda: chore(CLOCK))
        connections.close_all()

    def _noted(self, name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            self.failed[f"{name}: {getattr(error, 'code', None) or repr(error)}"] += 1
        else:
            self.done[name] += 1


def main() -> None:
    open_installation(CLOCK, population=6)
    load = Load(float(sys.argv[1]))
    print("ready", flush=True)
    rate = load.run(sys.stdin.read)
    publish(CLOCK)
    sign_journal(CLOCK)
    print(json.dumps({"rate": rate, "done": load.done, "failed": load.failed}))


if __name__ == "__main__":
    main()
