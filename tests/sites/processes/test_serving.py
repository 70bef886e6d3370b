"""Servers end with whoever started them, and nobody keeps them from others by saying nothing."""

import os
import resource
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from honnin.sites.processes import serving
from honnin.sites.processes.serving import Server, _prepare
from tests.support.processes import free_port, plain_environment

QUICK = """
async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
"""
# A worker that hears no request to end, as one that was forked a moment ago.
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(100)
"""
PARENT = """
import sys
from honnin.sites.processes.serving import Server
with Server("served:application", int(sys.argv[1]), interface="asgi"):
    print("serving", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with room for five connections that answers whatever it is asked."""
    (tmp_path / "served.py").write_text(QUICK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(serving._CAPACITY, "asgi", ["--backpressure", "5"])
    port = free_port()
    with Server("served:application", port, interface="asgi"):
        yield port


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=len)
def test_connections_that_say_nothing_more_are_given_up(quick: int, said: bytes) -> None:
    with ExitStack() as held:
        silent = [held.enter_context(socket.create_connection(("127.0.0.1", quick), 30)) for _ in range(5)]
        for connection in silent:
            connection.sendall(said)
        with urllib.request.urlopen(f"http://127.0.0.1:{quick}/", timeout=20) as response:
            assert response.status == 200
        for connection in silent:
            while connection.recv(4096):  # until the server has closed it
                pass


def test_a_server_may_open_as_many_files_as_the_system_allows() -> None:
    command = ["/bin/sh", "-c", "ulimit -Sn"]
    asked = subprocess.run(
        command, preexec_fn=partial(_prepare, os.getpid()), capture_output=True, text=True, check=True
    )
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert asked.stdout.strip() == ("unlimited" if most == resource.RLIM_INFINITY else str(most))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_a_server_whose_parent_has_died_already_does_not_start() -> None:
    somebody_else = os.getppid()
    done = subprocess.run(
        ["/bin/echo", "started"],
        preexec_fn=partial(_prepare, somebody_else),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
@pytest.mark.parametrize(
    ("served", "heard"), [(QUICK, "serving"), (DEAF, "deaf")], ids=["serving", "starting"]
)
def test_servers_do_not_outlive_a_killed_parent(tmp_path: Path, served: str, heard: str) -> None:
    (tmp_path / "served.py").write_text(served)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(Path("src").resolve()), str(tmp_path)))}
    port = free_port()
    command = [sys.executable, "-c", PARENT, str(port)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == heard
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert parent.stdout.read() == ""  # every process that held it has ended
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_not_the_users_is_not_called_in_use(tmp_path: Path) -> None:
    lowest = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if lowest.exists() and int(lowest.read_text()) <= 80:
        pytest.skip("every port is everybody's here")
    as_everybody = ("setpriv", "--bounding-set=-net_bind_service") if os.geteuid() == 0 else ()
    up = [sys.executable, "-m", "honnin", "up", "--port", "80", "--ocsp-port", str(free_port())]
    done = subprocess.run(
        [*as_everybody, *up],
        env=plain_environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 8
    assert "E_PORT_FORBIDDEN" in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder in which somebody has left modules that Python would take for its own or for ours."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    for name in ("tomllib", "http", "secrets", "click", "django", "granian", "honnin"):
        (folder / f"{name}.py").write_text("raise SystemExit('this runs what lies in the folder')")
    return folder


@pytest.mark.parametrize("words", [["--version"], ["verify", "--help"], ["journal", "looks", "--help"]])
def test_the_command_runs_nothing_of_the_folder_one_stands_in(foreign: Path, words: list[str]) -> None:
    command = Path(sys.executable).with_name("honnin")
    done = subprocess.run([command, *words], cwd=foreign, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_runs_nothing_of_the_folder_one_stands_in(
    foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "served.py").write_text(QUICK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(foreign)
    (foreign / "served.py").write_text("raise SystemExit('this runs what lies in the folder')")
    with Server("served:application", free_port(), interface="asgi") as server:
        assert server.answers(10)
