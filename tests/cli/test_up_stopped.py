"""`honnin up` that is told to stop or killed at any moment: nothing is left, and the next start goes on."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.installations import honnin
from tests.support.processes import free_port, get, plain_environment
from tests.support.servers.served import children_of, descendants_of, is_alive, is_refused, kill, wait_for


class Up:
    """A running `honnin up` with its ports."""

    def __init__(
        self, home: Path, population: int = 10, *, before: Callable[[], object] | None = None
    ) -> None:
        self.port, self.ocsp_port = free_port(), free_port()
        command = [sys.executable, "-m", "honnin", "up", "--population", str(population)]
        command += ["--port", str(self.port), "--ocsp-port", str(self.ocsp_port)]
        self.log = home.with_name(f"{home.name}-{self.port}.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=plain_environment(home), stdout=log, stderr=log, preexec_fn=before
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until_it_says(self, words: str) -> None:
        def said() -> bool:
            assert self.process.poll() is None or words in self.said, self.said
            return words in self.said

        wait_for(said, timeout=60)

    def signal(self, number: int) -> int:
        """The exit code after a signal; nothing of it may be left by then."""
        family = descendants_of(self.process.pid)
        self.process.send_signal(number)
        code = self.process.wait(60)
        wait_for(lambda: not any(is_alive(each) for each in family), timeout=10)
        assert is_refused(self.port)
        assert is_refused(self.ocsp_port)
        return code


@contextmanager
def up(home: Path, population: int = 10, *, before: Callable[[], object] | None = None) -> Iterator[Up]:
    running = Up(home, population, before=before)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that was opened and stopped once."""
    home = tmp_path_factory.mktemp("stopped") / "home"
    with up(home) as first:
        first.wait_until_it_says("hotline operator")
        assert first.signal(signal.SIGTERM) == 0
    return home


def begun(words: str) -> Callable[[Up], None]:
    return lambda running: running.wait_until_it_says(words)


def with_processes(count: int) -> Callable[[Up], None]:
    return lambda running: _wait_for_processes(running, count)


def _wait_for_processes(running: Up, count: int) -> None:
    wait_for(lambda: len(descendants_of(running.process.pid)) >= count, timeout=60)


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGTERM, begun("opening")),
        (signal.SIGINT, begun("inventing")),
        (signal.SIGHUP, with_processes(2)),
        pytest.param(signal.SIGTERM, with_processes(1), marks=pytest.mark.long),
        pytest.param(signal.SIGINT, with_processes(4), marks=pytest.mark.long),
    ],
    ids=["opening", "population", "two servers", "a server", "workers"],
)
def test_a_signal_during_the_start_leaves_nothing_behind_and_the_next_start_goes_on(
    tmp_path: Path, number: int, moment: Callable[[Up], None]
) -> None:
    home = tmp_path / "home"
    with up(home, population=40) as running:
        moment(running)
        began = time.monotonic()
        code = running.signal(number)
        if "ready." not in running.said:
            assert code == 128 + number, running.said
            assert "stopped before it was ready" in running.said
            assert "Traceback" not in running.said
        assert time.monotonic() - began < 15
    done = honnin(home, "authority", "init")
    assert done.returncode == 0, done.stderr
    for audit in (("journal", "verify"), ("status", "audit")):
        told = honnin(home, *audit)
        assert told.returncode == 0, told.stdout + told.stderr


def test_under_nohup_the_end_of_the_terminal_is_not_heard_and_a_third_signal_disturbs_nothing(
    opened: Path,
) -> None:
    with up(opened, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as running:
        running.wait_until_it_says("hotline operator")
        running.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert get(f"http://127.0.0.1:{running.port}/")
        for _ in range(2):
            running.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        assert running.signal(signal.SIGTERM) == 0
        assert "stopped" in running.said


def test_killed_it_takes_everything_with_it_and_the_next_one_starts_at_once(opened: Path) -> None:
    with up(opened) as running:
        running.wait_until_it_says("hotline operator")
        family = descendants_of(running.process.pid)
        assert len(family) == 4
        assert running.signal(signal.SIGKILL) == -signal.SIGKILL
        again = [sys.executable, "-m", "honnin", "up", "--port", str(running.port)]
        again += ["--ocsp-port", str(running.ocsp_port)]
        with subprocess.Popen(
            again, env=plain_environment(opened), stdout=subprocess.PIPE, text=True
        ) as next_one:
            assert next_one.stdout is not None
            assert f"http://127.0.0.1:{running.port}/" in next_one.stdout.readline()
            next_one.terminate()
            assert next_one.wait(60) == 0


def test_a_server_that_dies_takes_no_role_down_and_its_cause_is_told(opened: Path) -> None:
    with up(opened) as running:
        running.wait_until_it_says("hotline operator")
        screens = children_of(running.process.pid)[0]
        worker = children_of(screens)[0]
        kill(screens)
        wait_for(lambda: not is_alive(worker), timeout=10)
        assert get(f"http://127.0.0.1:{running.ocsp_port}/crl/signature.crl")
        running.wait_until_it_says("screens: answers again")
        assert get(f"http://127.0.0.1:{running.port}/")
        assert "screens: its process was ended by signal 9 (Killed); started again in" in running.said
        kill(children_of(children_of(running.process.pid)[-1])[0])
        running.wait_until_it_says("its worker was ended by signal 9 (Killed)")
        assert running.signal(signal.SIGTERM) == 0


def test_what_cannot_be_done_at_the_end_is_said_and_keeps_nobody_from_stopping(opened: Path) -> None:
    heads = opened / "journal-heads.jsonl"
    with up(opened) as running:
        running.wait_until_it_says("hotline operator")
        time.sleep(1)  # the first round is over
        kept = heads.rename(heads.with_suffix(".kept"))
        try:
            code = running.signal(signal.SIGTERM)
        finally:
            kept.rename(heads)
    assert code == 0, running.said
    assert "what is due before the end could not be done" in running.said
    assert "E_JOURNAL_HEADS_MISSING" in running.said


def rows_of_copies(home: Path, folder: Path) -> dict[str, int]:
    """How many rows of some tables the databases' own files hold, without what lies beside them."""
    folder.mkdir()
    found = {}
    for name, table in (
        ("agency", "agency_records_journalentry"),
        ("municipality", "municipality_residents_resident"),
        ("accounts", "django_migrations"),
    ):
        copy = folder / f"{name}.sqlite3"
        copy.write_bytes((home / copy.name).read_bytes())
        with closing(sqlite3.connect(copy)) as connection:
            found[name] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_after_a_stop_a_copy_of_the_databases_holds_everything(opened: Path, tmp_path: Path) -> None:
    rows = rows_of_copies(opened, tmp_path / "copies")
    assert rows["municipality"] == 10
    assert f"{rows['agency']} entries" in honnin(opened, "journal", "verify").stdout
    assert rows["accounts"] > 10
    assert [path.name for path in opened.glob("*.sqlite3-wal") if path.stat().st_size] == []


def test_after_a_command_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert honnin(home, "authority", "init").returncode == 0
    rows = rows_of_copies(home, tmp_path / "copies")
    assert f"{rows['agency']} entries" in honnin(home, "journal", "verify").stdout
    demo = tmp_path / "demo"
    assert honnin(home, "demo", "--out", demo).returncode == 0
    rows = rows_of_copies(demo / "system", tmp_path / "demo-copies")
    assert f"{rows['agency']} entries" in honnin(demo / "system", "journal", "verify").stdout
