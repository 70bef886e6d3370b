"""Kills any process of a deployment at random moments while staff are at work, and says what came of it.

    python -m tests.killing.kills --kills 200 --engine sqlite

Nothing that was acknowledged may be lost, nothing be there twice, nothing stay unfinished, no answer be older
than an acknowledged hold, no process be left, and no audit find a fault.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.killing.browser import Failed
from tests.killing.deployments import Deployment, OneMachine, OnPostgreSQL
from tests.killing.staff import RARE, Clerk, Ledger, Operator, Person, Staff, Told
from tests.killing.watcher import Watcher
from tests.support.servers.served import kill

MOST_PEOPLE = 24
LONGEST_WAIT = 1.5
LONGEST_STEP = 20.0
OFTEN_WAITED_FOR = 0.7
MOST_STEPS = 8
LINES_OF_THE_LOG = 30
AT_THE_END = ("handed over", "handed over already", "released", "moved", "nothing to do", RARE)


@dataclass
class Outcome:
    """What was done, and everything that was not well."""

    killed: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        killed = ", ".join(f"{count} × {name}" for name, count in self.killed.most_common())
        steps = ", ".join(f"{count} × {name}" for name, count in self.steps.most_common())
        return "; ".join(
            [
                f"{self.killed.total()} kills ({killed})",
                f"steps of staff: {steps}",
                f"{self.failed.total()} tries failed",
                f"{self.asked} statuses asked",
                f"longest until both ports answered: {self.slowest:.1f} s",
                f"not well: {len(self.wrong)}",
            ]
        )


class Play:
    """Staff at work on a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.outcome = Outcome()
        self.ledger = Ledger()
        logins = json.loads((deployment.home / "keys" / "demo-logins.json").read_text())
        passwords = {login["user_name"]: login["password"] for login in logins}
        people = [Person(**entry) for entry in deployment.records("people")][:MOST_PEOPLE]
        assert people, "nobody has a card"
        self.people = people
        names = sorted({person.clerk for person in people})
        self._clerks = [Clerk(deployment.site, name, passwords[name], self.ledger) for name in names]
        self._operator = Operator(deployment.site, "operator", passwords["operator"], self.ledger)
        self._watcher = Watcher(deployment, self.ledger)
        self._stopped = threading.Event()

    def run(self, kills: int) -> Outcome:
        threads = [threading.Thread(target=self._clerk_works, args=(clerk,)) for clerk in self._clerks]
        threads += [threading.Thread(target=self._operator_works)]
        threads += [threading.Thread(target=self._watcher.watch, args=(self._stopped,))]
        for thread in threads:
            thread.start()
        try:
            self._wait_for_work()
            for _ in range(kills):
                self._kill_one()
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()
        self.deployment.mend()
        self._finish_everything()
        self._judge()
        return self.outcome

    def _kill_one(self) -> None:
        if random.random() < OFTEN_WAITED_FOR:
            self._wait_for_work()
        time.sleep(random.uniform(0.0, LONGEST_WAIT))
        while not (victims := self.deployment.victims()):
            self.deployment.start_what_has_ended()
        name, victim = random.choice(victims)
        kill_if_there(victim)
        self.outcome.killed[name] += 1
        if random.random() < OFTEN_WAITED_FOR:
            self.outcome.slowest = max(self.outcome.slowest, self.deployment.mend())
        else:
            self.deployment.start_what_has_ended()

    def _wait_for_work(self) -> None:
        """Until somebody has got on by a step: where everything dies at once, nobody is at work."""
        before, deadline = self.outcome.steps.total(), time.monotonic() + LONGEST_STEP
        while self.outcome.steps.total() == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _clerk_works(self, clerk: Clerk) -> None:
        own = [person for person in self.people if person.clerk == clerk.user_name]
        while not self._stopped.is_set():
            person = random.choice(own)
            self._step(clerk, partial(clerk.serve, person))

    def _operator_works(self) -> None:
        while not self._stopped.wait(0.2):
            told = self.ledger.people
            given = [each for each in self.people if told[each.person_code].done["handed over"]]
            if given:
                person = random.choice(given)
                self._step(self._operator, partial(self._operator.hold, person))

    def _step(self, staff: Staff, step: Callable[[], str]) -> None:
        try:
            done = step()
        except Failed as failure:
            self.outcome.failed[failure.args[0]] += 1
            self._stopped.wait(0.3)
        except Exception as error:
            self.outcome.wrong.append(f"{staff.user_name}: {error!r}"[:500])
            self._stopped.wait(0.3)
        else:
            self.outcome.steps[done] += 1

    def _finish_everything(self) -> None:
        """What was begun is brought to its end by the same steps, now that nothing dies any more."""
        for clerk in self._clerks:
            for person in self.people:
                told = self.ledger.people[person.person_code]
                if person.clerk == clerk.user_name and told.begun:
                    self._finish(clerk, person, told)

    def _finish(self, clerk: Clerk, person: Person, told: Told) -> None:
        """Also after the last kill a database recovers for seconds: no answer is no step, for a while."""
        last, steps, deadline = "", 0, time.monotonic() + LONGEST_STEP
        while steps < MOST_STEPS and time.monotonic() < deadline:
            try:
                last = clerk.serve(person)
            except Failed as error:
                last = str(error)
                time.sleep(0.5)
            else:
                steps, deadline = steps + 1, time.monotonic() + LONGEST_STEP
            if last in AT_THE_END:
                return
        said = "\n".join(self.deployment.log().splitlines()[-LINES_OF_THE_LOG:])
        self.outcome.wrong.append(f"stuck: {told.number}: {last}\n{said}")

    def _judge(self) -> None:
        deployment, wrong = self.deployment, self.outcome.wrong
        records = deployment.records("acts")
        for person in self.people:
            told = self.ledger.people[person.person_code]
            wrong += [f"{person.person_code}: {each}" for each in judged(told, records[person.person_code])]
        wrong += self.ledger.wrong
        self.outcome.asked = self._watcher.asked
        for words in (("journal", "verify"), ("status", "audit")):
            done = deployment.honnin(*words)
            if done.returncode != 0:
                wrong.append(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        deployment.stop()
        wrong += [f"left behind: process {process}" for process in deployment.left_behind()]


def kill_if_there(process: int) -> None:
    try:
        kill(process)
    except ProcessLookupError:
        return


def judged(told: Told, found: dict[str, Any]) -> list[str]:
    """What of one person's acts is lost, or there twice."""
    return [*_of_the_application(told, found), *_of_certificates(told, found), *_of_the_holder(told, found)]


def _of_the_application(told: Told, found: dict[str, Any]) -> list[str]:
    wrong = []
    states = list(found["applications"].values())
    if told.done["received"] and told.number not in found["applications"]:
        wrong.append(f"lost: application {told.number}")
    if len(states) > 1:
        wrong.append(f"twice: applications {found['applications']}")
    order = ["under_examination", "approved", "issued", "handed_over"]
    reached = max((order.index(state) for state in states if state in order), default=-1)
    for act, state in (("approved", 1), ("issued", 2), ("handed over", 3)):
        if told.done[act] and reached < state:
            wrong.append(f"lost: {act}, the application is {states}")
    return wrong


def _of_certificates(told: Told, found: dict[str, Any]) -> list[str]:
    kept = [each for each in found["certificates"] if each["ground"] != "not_delivered"]
    here = {(each["purpose"], each["serial_number"]) for each in kept}
    lost = set(told.serial_numbers.items()) - here
    wrong = [f"lost: certificates {lost}"] if lost else []
    for purpose, count in Counter(each["purpose"] for each in kept).items():
        if count > len(found["applications"]):
            wrong.append(f"twice: {count} × {purpose}")
    return wrong


def _of_the_holder(told: Told, found: dict[str, Any]) -> list[str]:
    wrong = []
    for act, count in (("held", found["calls"]), ("released", found["releases"])):
        if not told.done[act] <= count <= told.begun[act]:
            wrong.append(f"{act}: {told.done[act]} acknowledged, {told.begun[act]} begun, {count} recorded")
    if told.address and found["address"] not in (told.address, *told.addresses):
        wrong.append("lost: a change of address")
    return wrong


def played(deployment: Deployment, kills: int) -> Outcome:
    """Open the deployment, let staff work while so many processes are killed, and judge."""
    with deployment:
        if isinstance(deployment, OnPostgreSQL):
            deployment.open()
        deployment.mend()
        wait_until_open(deployment)
        return Play(deployment).run(kills)


def wait_until_open(deployment: Deployment) -> None:
    """Until there are accounts to sign in with."""
    begun = time.monotonic()
    while not (deployment.home / "keys" / "demo-logins.json").exists():
        assert time.monotonic() - begun < 120, deployment.log()
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    random.seed(given.seed)
    with tempfile.TemporaryDirectory(prefix="honnin-kill-") as folder:
        home = Path(folder) / "home"
        deployment = OneMachine(home) if given.engine == "sqlite" else OnPostgreSQL(home)
        outcome = played(deployment, given.kills)
    for reason, count in outcome.failed.most_common():
        print(f"{count} × {reason}", file=sys.stderr)
    print("\n".join([*outcome.wrong, f"{given.engine}: {outcome}"]))
    sys.exit(1 if outcome.wrong else 0)


if __name__ == "__main__":
    main()
