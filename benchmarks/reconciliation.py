"""What comparing a register with the agency takes: `python -m benchmarks.reconciliation [COUNT]`.

At a quarter, a half and all of COUNT residents (300000 unless said otherwise), each with one event, in a
process of its own: the processor's seconds of a comparison in which everything was heard, and of the list of
moves whose time has passed, and by how much the memory grew meanwhile. The rows are put in as they would
stand there, past the journals: what is measured reads them.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice, pairwise
from pathlib import Path

COUNT = 300_000
MOST_GROWTH = 64
"""MiB: some pages of rows, and what the framework keeps."""
MOST_BEND = 1.6
"""How much longer than twice as long twice as many may take."""
AT = datetime(2026, 6, 2, tzinfo=UTC)


def main() -> int:
    """Print a line for each size; 1 where memory grows or time bends upwards."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    found = [measured(size) for size in (count // 4, count // 2, count)]
    print(
        f"{'residents, each with an event':>30} {'compared in':>12} {'moves in':>10} {'memory grew by':>15}"
    )
    for size, seconds, moves, grown in found:
        print(f"{size:>30} {seconds:>10.2f} s {moves:>8.2f} s {grown:>11.1f} MiB")
    flat = all(grown <= MOST_GROWTH for *_, grown in found)
    linear = all(2 * MOST_BEND * less[1] >= more[1] for less, more in pairwise(found))
    print(f"memory flat: {'holds' if flat else 'DOES NOT HOLD'}; time linear: ", end="")
    print("holds" if linear else "DOES NOT HOLD")
    return 0 if flat and linear else 1


def measured(count: int) -> tuple[int, float, float, float]:
    """Size, seconds of a comparison, seconds of the list of moves, MiB by which the process grew in both."""
    with tempfile.TemporaryDirectory(prefix="honnin-reconciliation-") as folder:
        environment = os.environ | {
            "HONNIN_HOME": str(Path(folder) / "home"),
            "DJANGO_SETTINGS_MODULE": "honnin.sites.settings",
        }
        command = [sys.executable, "-m", "benchmarks.reconciliation", "--size", str(count)]
        printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    seconds, moves, grown = (float(word) for word in printed.split()[-3:])
    return count, seconds, moves, grown


def one_size(count: int) -> None:
    """In an installation of that many residents: print seconds, seconds and MiB."""
    import django

    django.setup()
    from honnin.clock import FixedClock, day_in_japan
    from honnin.identifiers import MunicipalityCode
    from honnin.municipality.residents.reconciliation import reconcile
    from honnin.municipality.residents.services import overdue_moves
    from honnin.simulator.installation import open_installation
    from honnin.sites.lines.wiring import connect_in_process

    clock = FixedClock(AT)
    open_installation(clock, population=0, cards=0)
    connect_in_process(clock)
    _fill(count)
    code = MunicipalityCode("99101")
    before = _peak()
    began = time.process_time()
    found = reconcile(code, actor="benchmark", at=AT)
    compared = time.process_time()
    moves = sum(1 for _ in overdue_moves(day_in_japan(AT)).iterator(chunk_size=500))
    listed = time.process_time()
    if (found.events, found.dropped, found.differing, moves) != (count, 0, 0, count):
        raise RuntimeError(f"the comparison found something else than was put in: {vars(found)}, {moves}")
    print(compared - began, listed - compared, _peak() - before)


def _peak() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(count: int) -> None:
    from honnin.agency.revocation.models import Feed
    from honnin.identifiers import PersonCode
    from honnin.law.certificates.lapse import Event
    from honnin.municipality.residents.models import ChangeReport, Departure, Resident
    from honnin.wire.messages.register import NOTHING_HEARD, ReportEvent, digest_after

    left = date(2026, 4, 1)

    def codes() -> Iterator[PersonCode]:
        for number in range(count):
            yield PersonCode(f"99{number:09d}")

    remaining = codes()
    while together := list(islice(remaining, 2000)):
        people = [
            Resident(
                person_code=code,
                municipality_id="99101",
                name="見本　花子",
                kana="ミホン　ハナコ",
                birth_date=date(1980, 5, 1),
                sex="2",
                address="みほん県みほん市見本町１",
                removed_on=left,
            )
            for code in together
        ]
        Resident.objects.bulk_create(people)
        Departure.objects.bulk_create(
            [
                Departure(resident_id=code, destination="ほかの県ほかの市１", moved_on=left)
                for code in together
            ]
        )
        ChangeReport.objects.bulk_create(
            [
                ChangeReport(
                    resident_id=code,
                    municipality_id="99101",
                    number=1,
                    event=Event.MOVED_OUT_BY_NOTICE,
                    on=left,
                    clerk="hanako",
                    delivered=True,
                    known_at=AT,
                )
                for code in together
            ]
        )
        messages = [ReportEvent(code, 1, Event.MOVED_OUT_BY_NOTICE, (), left, AT) for code in together]
        Feed.objects.bulk_create(
            [
                Feed(
                    person_code=each.person_code,
                    municipality_code="99101",
                    heard=1,
                    digest=digest_after(NOTHING_HEARD, each.content()),
                    standing=Feed.Standing.LEFT,
                )
                for each in messages
            ]
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--size"]:
        one_size(int(sys.argv[2]))
    else:
        sys.exit(main())
