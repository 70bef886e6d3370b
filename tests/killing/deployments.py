"""Two deployments whose processes are killed: `honnin up`, and single processes over PostgreSQL.

Whoever would start them again (a person, systemd) is played here; every process ends with the `with` block,
by its id.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tests.support.databases import postgresql
from tests.support.processes import free_port, plain_environment
from tests.support.servers.served import children_of, descendants_of, is_alive, is_answered

TIMEOUT = 120.0
SCREENS = ["asgi", "honnin.sites.asgi:application"]


class Deployment:
    """Processes by what they are; those that have died are started again by `mend`."""

    ends_within = 2.0  # seconds in which everything has ended after the stop

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.ocsp_port = free_port(), free_port()
        self.environment = plain_environment(home)
        self.environment["HONNIN_OCSP_URI"] = f"http://127.0.0.1:{self.ocsp_port}/ocsp"
        self.environment["PYTHONPATH"] = os.pathsep.join((str(Path("src").resolve()), str(Path().resolve())))
        self.seen: set[int] = set()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log: IO[bytes] = (home.parent / f"{home.name}.log").open("wb")

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._log.close()

    def commands(self) -> dict[str, list[str]]:
        """What is to run, in this order."""
        raise NotImplementedError

    def mend(self) -> float:
        """Start what does not run; in how many seconds both ports answer.

        That somebody listens is not enough: a server whose worker was killed a moment ago listens as well.
        """
        begun = time.monotonic()
        while True:
            self.start_what_has_ended()
            if all(is_answered(port) for port in (self.port, self.ocsp_port)) and self.is_ready():
                return time.monotonic() - begun
            assert time.monotonic() - begun < TIMEOUT, self.log()
            time.sleep(0.1)

    def is_ready(self) -> bool:
        return True

    def start_what_has_ended(self) -> None:
        for name, command in self.commands().items():
            process = self._running.get(name)
            if process is None or process.poll() is not None:
                self._running[name] = subprocess.Popen(
                    command, env=self.environment, stdout=self._log, stderr=self._log
                )
                self.seen.add(self._running[name].pid)

    def victims(self) -> list[tuple[str, int]]:
        """Every process, with what it is."""
        found = []
        for name, top in self._running.items():
            if top.poll() is None:
                children = list(_children(top.pid))
                below = [each for child in children for each in _descendants(child)]
                found += [(name, top.pid), *((f"child of {name}", each) for each in children)]
                found += [(f"grandchild of {name}", each) for each in below]
        self.seen |= {process for _name, process in found}
        return found

    def stop(self) -> None:
        """SIGTERM to all, one after the other."""
        self.victims()
        for process in reversed(list(self._running.values())):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def left_behind(self) -> list[int]:
        """Of all processes that were ever seen here, those that still run a while after the stop."""
        deadline = time.monotonic() + self.ends_within
        while (left := [each for each in self.seen if is_alive(each) and self._is_ours(each)]) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.05)
        return left

    def _is_ours(self, process: int) -> bool:
        """Not one that has got the id of one of ours since."""
        with suppress(OSError):
            variables = Path(f"/proc/{process}/environ").read_bytes()
            return str(self.home).encode() in variables or b"honnin-kill-pg" in variables
        return False

    def honnin(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "honnin", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def records(self, what: str) -> Any:
        command = [sys.executable, "-m", "tests.killing.records", what]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")


class OneMachine(Deployment):
    """`honnin up` on SQLite, which keeps its servers running itself."""

    def commands(self) -> dict[str, list[str]]:
        up = [sys.executable, "-m", "honnin", "up", "--population", "30"]
        return {"up": [*up, "--port", str(self.port), "--ocsp-port", str(self.ocsp_port)]}


class OnPostgreSQL(Deployment):
    """Server processes and chores over a PostgreSQL server; each is started again when it has died."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._folder = Path(tempfile.mkdtemp(prefix="honnin-kill-pg-"))
        self._address = f"postgresql://postgres@/postgres?host={self._folder}"
        self._postgres: subprocess.Popen[bytes] | None = None
        self._user = postgresql._user()
        self._initialise()

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            assert self._user
            shutil.chown(self._folder, self._user, self._user)
        command = [str(postgresql.BINARIES / "initdb"), "-D", str(self._folder / "data")]
        command += ["-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, **self._as_user())
        self._start_postgres()
        self._wait_for_postgres()
        for role in ("agency", "municipality", "accounts"):
            self.environment[f"HONNIN_{role.upper()}_DATABASE"] = postgresql.create_database(
                self._address, role
            )

    def _as_user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self._user, "group": self._user, "extra_groups": []}

    def _start_postgres(self) -> None:
        """Also after the last one was killed: it refuses while a backend of that is still ending."""
        if self._postgres is not None and self._postgres.poll() is None:
            return
        command = [str(postgresql.BINARIES / "postgres"), "-D", str(self._folder / "data")]
        for option in (f"unix_socket_directories={self._folder}", "listen_addresses=", "fsync=off"):
            command += ["-c", option]
        self._postgres = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as_user()
        )
        self.seen.add(self._postgres.pid)

    def _accepts(self) -> bool:
        command = [str(postgresql.BINARIES / "pg_isready"), "-h", str(self._folder), "-q"]
        return subprocess.run(command, check=False).returncode == 0

    def _wait_for_postgres(self) -> None:
        begun = time.monotonic()
        while not self._accepts():
            assert time.monotonic() - begun < TIMEOUT, "PostgreSQL does not start"
            self._start_postgres()
            time.sleep(0.1)

    def open(self) -> None:
        """The first start, as the how-to says: it makes residents, cards and accounts."""
        up = [sys.executable, "-m", "honnin", "up", "--population", "30"]
        up += ["--port", str(self.port), "--ocsp-port", str(self.ocsp_port)]
        process = subprocess.Popen(up, env=self.environment, stdout=self._log, stderr=self._log)
        begun = time.monotonic()
        while "hotline operator" not in self.log():
            assert process.poll() is None, self.log()
            assert time.monotonic() - begun < TIMEOUT, self.log()
            time.sleep(0.2)
        process.terminate()
        assert process.wait(60) == 0, self.log()

    def commands(self) -> dict[str, list[str]]:
        granian = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--workers-kill-timeout", "10"]
        granian += ["--log-level", "error", "--http", "1", "--no-ws"]
        screens, status = ["--port", str(self.port)], ["--port", str(self.ocsp_port)]
        return {
            "screens": [*granian, "--interface", *SCREENS, *screens],
            "status": [*granian, "--interface", "asgi", *status, "honnin.sites.responder:application"],
            "chores": [sys.executable, "-m", "honnin", "chores", "--loop", "--pause", "2"],
        }

    def start_what_has_ended(self) -> None:
        self._start_postgres()
        if self._accepts():
            super().start_what_has_ended()

    def is_ready(self) -> bool:
        return self._accepts()

    def victims(self) -> list[tuple[str, int]]:
        found = super().victims()
        if self._postgres is not None and self._postgres.poll() is None:
            backends = list(_descendants(self._postgres.pid))
            self.seen |= set(backends)
            found += [("postmaster", self._postgres.pid), *(("backend", each) for each in backends)]
        return found

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.stop_postgres()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop_postgres(self) -> None:
        if self._postgres is not None:
            self._postgres.send_signal(signal.SIGINT)  # fast shutdown
            self._postgres.wait(60)
            self._postgres = None


def _children(process: int) -> Iterator[int]:
    with suppress(OSError):
        yield from children_of(process)


def _descendants(process: int) -> Iterator[int]:
    with suppress(OSError):
        yield from descendants_of(process)
