"""Child processes that never outlive their parent, and how one ended.

Linux tells a process of its parent's death when it asks for that (PR_SET_PDEATHSIG): each asks in its own
first lines, and looks whether the parent is still there. Nothing is done between fork and exec, where the
locks of other threads are held for ever. Each child leads a process group, which is ended as one, by its id
and before the id can be another's.
"""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
WORKER_ENDED = "honnin-worker-ended:"
"""Begins the line by which a server says how its worker ended; the exit code follows (negative: a signal)."""
BEAT = "honnin-worker-alive"
"""The line by which a worker gives a sign of life (`sites.processes.heartbeat`)."""
WITH_BEATS = "HONNIN_BEATS"
"""Set for the processes of `Child`, which hears signs of life; in other surroundings they would be noise."""
_TIMEOUT = 5.0


@dataclass(frozen=True)
class End:
    """How a process ended: its exit code (negative: the signal), and the last line it wrote to stderr."""

    code: int
    last_words: str = ""
    of_worker: bool = False


def prepare(parent: int) -> None:
    """In a new process: as many open files as we may have, and no life without the parent."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    end_with(parent)


def end_with(parent: int) -> None:
    """The kernel kills this process when `parent` dies. It must be called by the process that it is about."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel knew what it is to send
            os._exit(1)


def end_with_server() -> None:
    """In a worker of a server: end when the server ends, or it would go on serving."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)


def adopt_orphans() -> None:
    """Orphans of child processes become children of this process, so that they are waited for."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Child:
    """A process in a group of its own; each line that it writes to stderr goes to `hear`, but what it says of
    its own end and life.
    """

    def __init__(self, command: Sequence[str], hear: Callable[[str], object]) -> None:
        self._hear = hear
        self._last_words = ""
        self._worker_end: int | None = None
        self.beat_at = 0.0  # the last sign of life, by time.monotonic
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            command,
            stderr=subprocess.PIPE,
            env=os.environ | {WITH_BEATS: "1"},
            # A Ctrl-C at the terminal reaches the whole group; we stop the servers ourselves, in order.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def has_ended(self) -> bool:
        """Whether the process itself has; it is not waited for yet, so its id is not another's."""
        if self.process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, options) is not None

    def ask_to_end(self) -> None:
        """SIGTERM to the process alone, which passes it on as it thinks right."""
        if not self.has_ended():
            self.process.terminate()

    def end(self, timeout: float = 0.0) -> End:
        """Wait so many seconds for the process to end by itself, then end its whole group; how it ended."""
        deadline = time.monotonic() + timeout
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._wait_for_group()
        self._reader.join(_TIMEOUT)  # until the last line is read, or somebody else holds the pipe
        if self._worker_end is not None:
            return End(self._worker_end, self._last_words, of_worker=True)
        return End(self.process.returncode, self._last_words)

    def _wait_for_group(self) -> None:
        """Workers have been killed; until they have ended, the port is theirs (as far as they are ours)."""
        deadline = time.monotonic() + _TIMEOUT
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-self.process.pid, os.WNOHANG) == (0, 0):
                    time.sleep(0.01)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for encoded in lines:
                self._note(encoded.decode("utf-8", "replace").rstrip())

    def _note(self, line: str) -> None:
        if line == BEAT:
            self.beat_at = time.monotonic()
        elif line.startswith(WORKER_ENDED):
            self._worker_end = int(line.removeprefix(WORKER_ENDED))
        elif line.strip():
            self._last_words = line.strip()
            self._hear(line)
