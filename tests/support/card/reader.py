"""A virtual smart card reader of our own: pcscd with the vpcd driver, started for one test run.

Where the machine allows it the daemon runs in a mount namespace with its own socket, so that neither a
pcscd that is running already nor another test run is disturbed.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from honnin.card.transport import PoweredTransport
from honnin.card.transport.vpcd import serve

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
MODULE = Path("/usr/lib/x86_64-linux-gnu/pkcs11/opensc-pkcs11.so")
PROGRAMS = ("pcscd", "opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl", "curl", "unshare", "mount")
SYSTEM_FOLDER = Path("/run/pcscd")
TIMEOUT = 15.0
STEP = 0.05


class NoReaderError(Exception):
    """The reader cannot be started on this machine; says why."""


def missing() -> list[str]:
    """What this machine lacks for the tests with real middleware."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    lacking += [str(file) for file in (DRIVER, MODULE) if not file.exists()]
    return lacking + ([] if os.geteuid() == 0 else ["root"])


def require(lacking: list[str]) -> None:
    """Skips the test where something is lacking, or fails it where conformance is required."""
    if not lacking:
        return
    reason = f"this machine lacks {', '.join(lacking)}"
    if os.environ.get("HONNIN_REQUIRE_CONFORMANCE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class VirtualReader:
    """Two slots, numbered 0 and 1. Programs see them through `run`.

    `device` /dev/null makes a reader that the cards dial; a host name makes one that dials the cards.
    """

    def __init__(self, folder: Path, device: str = "/dev/null") -> None:
        self._folder = folder
        self._device = device
        self._runtime = folder / "run"
        self.port = _free_ports()
        self.environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C"}
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon. Raises NoReaderError with its last words."""
        self._runtime.mkdir()
        configuration = self._folder / "readers.d"
        configuration.mkdir()
        (configuration / "vpcd").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME {self._device}:0x{self.port:X}\n'
            f"LIBPATH {DRIVER}\nCHANNELID 0x{self.port:X}\n"
        )
        command = ["pcscd", "-f", "-e", "-c", str(configuration)]
        if _namespaces_work():
            SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
            script = f'mount --bind "{self._runtime}" {SYSTEM_FOLDER} && exec "$@"'
            command = ["unshare", "-m", "sh", "-c", script, "sh", *command]
            self.environment["PCSCLITE_CSOCK_NAME"] = str(self._runtime / "pcscd.comm")
            answering = self._runtime / "pcscd.comm"
        else:
            _clear_stale_daemon()
            answering = SYSTEM_FOLDER / "pcscd.comm"
        with (self._folder / "pcscd.log").open("wb") as log:
            self._daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        if not _comes_true(lambda: answering.exists() and self.sees_readers()):
            words = (self._folder / "pcscd.log").read_text(errors="replace")[-2000:]
            self.stop()
            raise NoReaderError(f"pcscd did not come up: {words}")

    def stop(self) -> None:
        if self._daemon is None:
            return
        self._daemon.send_signal(signal.SIGTERM)
        try:
            self._daemon.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait(TIMEOUT)
        self._daemon = None

    def sees_readers(self) -> bool:
        return "Virtual PCD 00 01" in self.run("opensc-tool", "--list-readers").stdout

    def sees_card(self, slot: int) -> bool:
        return self.run("opensc-tool", "--reader", str(slot), "--atr").returncode == 0

    @contextmanager
    def insert(self, card: PoweredTransport, slot: int = 0) -> Iterator[None]:
        """The card is in the slot while the block lasts, and pulled out after it."""
        stop = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            outcome = pool.submit(serve, card, "127.0.0.1", self.port + slot, stop)
            try:
                assert _comes_true(lambda: outcome.done() or self.sees_card(slot)), "no card was seen"
                yield
            finally:
                stop.set()
                outcome.result(TIMEOUT)
        assert self.is_empty(slot), "the card was not seen to go"

    def is_empty(self, slot: int) -> bool:
        """Waits until the slot is seen empty."""
        return _comes_true(lambda: not self.sees_card(slot))

    def run(self, *command: str | Path, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
        """A program that speaks PC/SC to this reader; its output as text."""
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            check=False,
            env=self.environment,
            input=data,
            timeout=60,
        )
        output, errors = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, output, errors)

    def read(self, *command: str | Path) -> str:
        """What a program that must succeed prints."""
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running_reader(device: str = "/dev/null") -> Iterator[VirtualReader]:
    """A reader that is started and stopped. Its folder has a short name: socket names are short."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="honnin-", dir="/tmp")))
        reader = VirtualReader(folder, device)
        reader.start()
        stack.callback(reader.stop)
        yield reader


def _comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP)
    return True


def _namespaces_work() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def _clear_stale_daemon() -> None:
    """One pcscd a machine without namespaces. Raises NoReaderError when one is alive."""
    pid_file = SYSTEM_FOLDER / "pcscd.pid"
    if pid_file.exists() and Path("/proc", pid_file.read_text().strip() or "0", "exe").exists():
        raise NoReaderError(f"pcscd is running already (process {pid_file.read_text().strip()})")
    for name in ("pcscd.comm", "pcscd.pid"):
        (SYSTEM_FOLDER / name).unlink(missing_ok=True)
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)


def _free_ports() -> int:
    """A port that is free together with the next one: vpcd listens on both."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except OSError:
                continue
            return port
