"""What lists over a whole register take: also by itself, `python -m benchmarks.reconciliation [COUNT]`.

At a quarter, a half and all of COUNT residents (300000 unless said otherwise), each with a card, two
certificates, an event and a letter that is due, in a process of its own each time: the processor's seconds of
comparing the register with the agency where everything was heard, of the list of moves whose time has passed,
of the list of letters that are due, and of the counter's list of who is due for renewal (of each 3000th
resident the page of a clerk that begins behind them, from the request to the last octet); and by how much the
memory grew meanwhile. The rows are put in as they would stand there, past the journals: what is measured
reads them.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

COUNT = 300_000
MOST_GROWTH = 64
"""MiB: some pages of rows, and what the framework keeps."""
MOST_BEND = 1.6
"""How much longer than twice as long twice as many may take."""
AT = datetime(2026, 6, 2, tzinfo=UTC)
LISTS = ("compared", "moves", "letters", "counter")
EACH = 3000
"""Of so many residents one page of the counter's list is measured."""


@dataclass(frozen=True)
class Measured:
    """Of so many residents: the processor's seconds of each list, and MiB by which the process grew."""

    residents: int
    seconds: tuple[float, ...]
    grown: float


def main() -> int:
    """Print a line for each size; 1 where memory grows or time bends upwards."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    return 0 if table(count) else 1


def table(count: int = COUNT) -> bool:
    """Print a line for each size and the verdict; whether both hold."""
    heads = (f"{name + ' in':>12}" for name in LISTS)
    print(f"{'residents':>30} {' '.join(heads)} {'memory grew by':>16}", flush=True)
    found = []
    for each in sizes(count):
        seconds = " ".join(f"{spent:>10.2f} s" for spent in each.seconds)
        print(f"{each.residents:>30} {seconds} {each.grown:>12.1f} MiB", flush=True)
        found.append(each)
    flat = all(each.grown <= MOST_GROWTH for each in found)
    linear = all(
        2 * MOST_BEND * less >= more
        for before, after in pairwise(found)
        for less, more in zip(before.seconds, after.seconds, strict=True)
    )
    verdicts = ("memory flat", flat), ("time linear", linear)
    print("; ".join(f"{name}: {'holds' if holds else 'DOES NOT HOLD'}" for name, holds in verdicts))
    return flat and linear


def sizes(count: int) -> Iterator[Measured]:
    """In one installation that grows."""
    with tempfile.TemporaryDirectory(prefix="honnin-registers-") as folder:
        environment = os.environ | {
            "HONNIN_HOME": str(Path(folder) / "home"),
            "DJANGO_SETTINGS_MODULE": "honnin.sites.settings",
        }
        before = 0
        for size in (count // 4, count // 2, count):
            _run(environment, "--fill", before, size)
            *seconds, grown = map(float, _run(environment, "--measure", before, size).split())
            yield Measured(size, tuple(seconds), grown)
            before = size


def _run(environment: dict[str, str], what: str, before: int, size: int) -> str:
    command = [sys.executable, "-m", "benchmarks.reconciliation", what, str(before), str(size)]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(count: int) -> None:
    """In the installation of that many residents: print the seconds of each list, and MiB."""
    import django

    django.setup()
    from benchmarks.registers import registered
    from honnin.agency.notices.queries import due
    from honnin.clock import FixedClock, day_in_japan
    from honnin.identifiers import MunicipalityCode
    from honnin.municipality.residents.reconciliation import reconcile
    from honnin.municipality.residents.services import overdue_moves
    from honnin.sites.lines.wiring import connect_in_process
    from honnin.wire.messages.notices import DUE_ON_ONE_PAGE

    connect_in_process(FixedClock(AT))
    turn = _turning()
    code, today = MunicipalityCode("99101"), day_in_japan(AT)
    before, began = _peak(), time.process_time()
    found = reconcile(code, actor="benchmark", at=AT)
    compared = time.process_time()
    moves = sum(1 for _ in overdue_moves(today).iterator(chunk_size=500))
    listed = time.process_time()
    letters = sum(1 for _ in due(today, code))
    ended = time.process_time()
    with registered():
        turning = time.process_time()
        shown = sum(turn(number) for number in range(EACH // 2, count, EACH))
        turned = time.process_time()
    if shown != DUE_ON_ONE_PAGE * len(range(EACH // 2, count, EACH)):
        raise RuntimeError(f"the counter's list shows {shown} residents")
    counted = (found.events, found.dropped, found.differing, moves, letters)
    if counted != (count, 0, 0, count, count):
        raise RuntimeError(f"the lists hold something else than was put in: {counted}")
    spent = (compared - began, listed - compared, ended - listed, turned - turning)
    print(*spent, _peak() - before)


def _turning() -> Callable[[int], int]:
    """Asks for the page behind a resident, as a clerk, and says how many it shows; one was asked for."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from benchmarks.registers import place_of

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    logging.disable(logging.INFO)
    client = Client()
    client.force_login(User.objects.get(username="hanako"))

    def turn(number: int) -> int:
        response = client.get(reverse("counter:renewals_due"), {"after": place_of(number, AT)})
        if response.status_code != 200:
            raise RuntimeError(f"the counter's list was answered with {response.status_code}")
        return response.content.count(b'<th scope="row"')

    turn(0)
    return turn


def _peak() -> float:
    """The most memory that this process has had, in MiB; getrusage counts what whoever started it had."""
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fill"]:
        from benchmarks.registers import fill

        fill(int(sys.argv[2]), int(sys.argv[3]), AT)
    elif sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[3]))
    else:
        sys.exit(main())
