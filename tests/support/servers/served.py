"""Small applications for servers under test, and looks at the processes that serve them."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.support.processes import free_port

# Answers with its process's id; slowly below /slow; is busy for six seconds after /busy; falls silent for
# good after /hang; raises at import.
APPLICATION = """
import asyncio, os, time
from pathlib import Path
from honnin.sites.processes.heartbeat import Beating

if Path("broken").exists():
    raise RuntimeError("the application is broken")
BUSY_UNTIL = 0

async def answered(scope, receive, send):
    global BUSY_UNTIL
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(1.5)
    if scope["path"] == "/busy":
        BUSY_UNTIL = time.monotonic() + 6
    await asyncio.sleep(max(0, BUSY_UNTIL - time.monotonic()))
    if scope["path"] == "/hang":
        time.sleep(1000)
    body = str(os.getpid()).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

application = Beating(answered)
"""


def write_application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """`served:application` in a folder that servers look into; a free port for it."""
    (folder / "served.py").write_text(APPLICATION)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.chdir(folder)
    return free_port()


def ask(port: int, path: str = "/", timeout: float = 10) -> str:
    """What a server answers. Raises OSError when nobody does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout) as response:
        return bytes(response.read()).decode()


def wait_for(what: Callable[[], object], timeout: float = 30.0) -> float:
    """Wait until it is so; how long that took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < timeout, "it does not come to pass"
        time.sleep(0.02)
    return time.monotonic() - begun


def is_alive(process: int) -> bool:
    """Whether a thread of a process still runs; one that has ended and was not waited for yet does not.

    The first thread of a killed process may have ended while others, which are yet to end, keep its ports.
    """
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return False
    return any(_runs(thread) for thread in threads)


def _runs(thread: Path) -> bool:
    try:
        return (thread / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:  # it has ended meanwhile
        return False


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(process: int) -> list[int]:
    """The processes that a process has started, the oldest first."""
    found = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        try:
            found += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return sorted(found)


def descendants_of(process: int) -> list[int]:
    children = children_of(process)
    return children + [each for child in children for each in descendants_of(child)]


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def is_refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def is_answered(port: int) -> bool:
    """Whether somebody answers a request, whatever is said."""
    try:
        ask(port)
    except urllib.error.HTTPError:
        return True
    except (OSError, HTTPException):
        return False
    return True
