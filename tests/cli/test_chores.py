"""`honnin chores`: once, for ever, beside others; and what is said when nobody does it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installations import honnin
from tests.support.processes import plain_environment

ENGLISH = {"LC_ALL": "C.UTF-8"}
# A change of address at a counter whose agency did not answer: it stays in the register, and is to be told.
UNTOLD = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
django.setup()
from datetime import UTC, datetime
from django.db import transaction
from honnin.journal.binding import changed
from honnin.municipality.records.journal import Act, append
from honnin.municipality.residents.models import ChangeReport, Resident
resident = Resident.objects.get(person_code="99900000000")
with transaction.atomic(using="municipality"):
    resident.address = "みほん県みほん市手本通９－９－９"
    resident.save()
    report = ChangeReport.objects.create(resident=resident, ground="change_of_entry", clerk="hanako")
    act, moved = Act("test", "change entry", "a resident", {}), changed(resident, "address", "address_key")
    append(act, datetime.now(UTC), moved, report)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one card that has certificates, and a journal that is signed."""
    home = tmp_path_factory.mktemp("chores") / "home"
    for words in (("authority", "init"), ("card", "create", "adult"), ("authority", "crl")):
        done = honnin(home, *words)
        assert done.returncode == 0, done.stderr
    return home


def move_untold(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNTOLD],
        env=plain_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def events(printed: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_once_does_what_is_due_and_says_each_thing_in_a_line(home: Path) -> None:
    move_untold(home)
    (home / "publication" / "authentication.crl").unlink()
    first, second = honnin(home, "chores", **ENGLISH), honnin(home, "chores", **ENGLISH)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert [line.partition(" ")[2] for line in first.stdout.splitlines()][:3] == [
        "told the agency of changes: 1",
        "published list signature.crl",
        "published list authentication.crl",
    ]
    # On a slow machine a minute has passed since a journal was signed.
    assert [line for line in second.stdout.splitlines() if " signed the journal: " not in line] == []
    assert second.stderr == ("" if second.stdout else "nothing was due\n")
    assert honnin(home, "status", "audit").returncode == 0


def test_many_at_once_do_it_once_and_all_end_well(home: Path) -> None:
    move_untold(home)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "honnin", "chores", "--json"],
            env=plain_environment(home),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    printed = [process.communicate(timeout=90)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 4
    told = [event for text in printed for event in events(text)]
    assert [event["detail"] for event in told if event["event"] == "reports"] == ["1"]


@contextmanager
def looping(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "honnin", "chores", "--loop", "--pause", "0.2", "--json", *words],
        env=plain_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_for_ever_until_a_signal(home: Path, number: signal.Signals) -> None:
    with looping(home) as process:
        assert process.stdout is not None
        move_untold(home)
        line = json.loads(process.stdout.readline())
        assert (line["event"], line["detail"]) in (("reports", "1"), ("head", line["detail"]))
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 15


def test_what_fails_is_said_once_in_a_loop_and_by_the_exit_code_alone(home: Path) -> None:
    obstacle = home / "publication" / "signature-ca.cer.new"
    obstacle.mkdir()
    try:
        (home / "publication" / "authentication.crl").unlink(missing_ok=True)
        once = honnin(home, "chores", "--json", **ENGLISH)
        failed = [event["code"] for event in events(once.stdout) if event["event"] == "failed"]
        assert once.returncode == 8
        assert failed == ["E_PUBLICATION_FAILED"]
        with looping(home) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(2)  # several rounds
            process.terminate()
            printed, _ = process.communicate(timeout=30)
        told = [event["event"] for event in events(first + printed)]
        assert told.count("failed") == 1
        told = json.loads(honnin(home, "chores", "--due", "--json").stdout)
        assert (told["failed"], told["due"]["list"]) == (["E_PUBLICATION_FAILED"], 1)
    finally:
        obstacle.rmdir()
    assert honnin(home, "chores").returncode == 0


def test_an_operator_sees_that_nobody_does_the_chores(home: Path) -> None:
    honnin(home, "chores")
    quiet = honnin(home, "chores", "--due", **ENGLISH)
    assert quiet.returncode == 0
    assert quiet.stdout.startswith("last round of chores: 20")
    note = home / "chores.json"
    said = json.loads(note.read_text())
    note.write_text(json.dumps({**said, "at": "2026-01-01T00:00:00+00:00"}))
    move_untold(home)
    loud = honnin(home, "chores", "--due", **ENGLISH)
    assert loud.returncode == 8
    assert "due: reports of changes to the agency (1)" in loud.stdout
    assert "NOBODY DOES THE CHORES" in loud.stdout
    for words in (("authority", "show"), ("status", "audit")):
        told = honnin(home, *words, **ENGLISH)
        assert (told.returncode, "NOBODY DOES THE CHORES" in told.stderr) == (0, True)
    done = honnin(home, "chores", **ENGLISH)
    assert "the clock was set from 2026-01-01" in done.stdout
    assert honnin(home, "chores", "--due").returncode == 0


def test_one_that_never_ends_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    descriptor = os.open(home / "chores.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        program = (
            "import sys, honnin.cli.chores as c; c.TIMEOUT = 1.0; "
            "sys.argv = ['honnin', 'chores']; from honnin.cli import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=plain_environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "[E_CHORES_BUSY]" in done.stdout) == (8, True), done.stderr
    finally:
        os.close(descriptor)


def test_before_an_installation_is_opened_there_is_nothing_to_do(tmp_path: Path) -> None:
    done = honnin(tmp_path / "none", "chores")
    assert (done.returncode, "[E_AUTHORITY_NOT_OPEN]" in done.stderr) == (8, True)
    assert honnin(tmp_path / "none", "chores", "--due", "--loop").returncode == 2
