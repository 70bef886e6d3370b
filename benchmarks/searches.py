"""How long a search page takes at 300 residents and at many: `python -m benchmarks.searches [COUNT]`.

COUNT is 300000 unless said otherwise. Two installations in two processes take turns, question by question,
and of each question the fastest page counts, so that what else the machine does touches neither; on SQLite,
which works within the process, by the processor's time. The page is the clerk's, from the request to the last
octet, with its entry in the journal. On PostgreSQL where
HONNIN_MUNICIPALITY_DATABASE_FEW and …_MANY name two empty databases, else on SQLite.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FEW, MANY = 300, 300_000
LIMIT = 1.3
ROUNDS, PAGES = 8, 6
QUESTIONS = {
    "kanji": "高橋",
    "kanji, other form": "髙橋",
    "reading": "たかはし",
    "romaji": "takahashi",
    "given name": "花子",
    "whole name": "髙橋 花子",
    "beginnings of both": "高 花",
    "reading and kanji": "たかはし 花子",
    "one kana": "さ",
    "birth date": "昭和55年5月1日",
    "birth date in kanji": "昭和五十五年五月一日",
    "name and birth date": "高橋 S55.5.1",
    "town": "見本町",
    "address": "みほん市見本町1-2-3",
    "name and town": "高橋 架空が丘",
    "record code": "99000000007",
    "card number": "TEST00000000007",
    "nobody": "不在太郎",
    "nobody of two common names": "佐藤 鈴木",
    "nobody of a family name": "佐藤 不在",
}


def main() -> int:
    """Print a line for each question; 1 where one takes longer than the limit."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    print(f"{'a search page by':<30} {FEW:>10} {count:>10}  ratio (limit {LIMIT})")
    slow = 0
    for name, few, many in measured(count):
        slow += many > few * LIMIT
        print(f"{name:<30} {few:>7.1f} ms {many:>7.1f} ms  {many / few:.2f}", flush=True)
    return 1 if slow else 0


def measured(count: int) -> Iterator[tuple[str, float, float]]:
    """Of each question the milliseconds of its fastest page among few residents and among many."""
    with (
        tempfile.TemporaryDirectory(prefix="honnin-searches-") as folder,
        _town(Path(folder) / "few", FEW) as few,
        _town(Path(folder) / "many", count) as many,
    ):
        for name, text in QUESTIONS.items():
            taken = [(_ask(few, text), _ask(many, text)) for _ in range(ROUNDS)]
            yield name, min(first for first, _ in taken), min(second for _, second in taken)


@contextmanager
def _town(home: Path, count: int) -> Iterator["subprocess.Popen[str]"]:
    """A process with an installation of that many residents, ready to be asked."""
    environment = os.environ | {"HONNIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "honnin.sites.settings"}
    environment |= _database(home.name, os.environ)
    command = [sys.executable, "-m", "benchmarks.searches", "--town", str(count)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"the town of {count} did not open")
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _database(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    address = environment.get(f"HONNIN_MUNICIPALITY_DATABASE_{name.upper()}")
    return {"HONNIN_MUNICIPALITY_DATABASE": address} if address else {}


def _ask(town: "subprocess.Popen[str]", text: str) -> float:
    assert town.stdin is not None
    assert town.stdout is not None
    town.stdin.write(f"{text}\n")
    town.stdin.flush()
    return float(town.stdout.readline())


def town(count: int) -> None:
    """Open the installation, say so, and answer each line with the milliseconds of the fastest page."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connections
    from django.test import Client
    from django.urls import reverse

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    _open(count)
    client = Client()
    client.force_login(User.objects.get(username="hanako"))
    print("ready", flush=True)
    now = time.process_time if connections["municipality"].vendor == "sqlite" else time.perf_counter
    for line in sys.stdin:
        page = client.post(reverse("counter:residents"), {"text": line.strip()}).headers["Location"]
        best = float("inf")
        for _ in range(PAGES):
            began = now()
            response = client.get(page)
            best = min(best, now() - began)
            assert response.status_code == 200
        print(best * 1e3, flush=True)


def _open(count: int) -> None:
    from honnin.clock import SystemClock
    from honnin.simulator.installation import open_installation
    from honnin.sites.lines.wiring import connect_in_process
    from honnin.sites.staff.logins import demo_logins

    clock = SystemClock()
    open_installation(clock, population=count, cards=0)
    connect_in_process(clock)
    demo_logins(clock)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--town"]:
        town(int(sys.argv[2]))
    else:
        sys.exit(main())
