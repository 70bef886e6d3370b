"""Servers that die, hang or cannot start: what is left of them, who starts them again, and what is said."""

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from honnin.sites import responder
from honnin.sites.processes.child_log import Folded
from honnin.sites.processes.children import Child
from honnin.sites.processes.heartbeat import Beating
from honnin.sites.processes.serving import Server
from honnin.sites.processes.supervision import Event, Keeper, Times, start_together, stop_together
from tests.support.processes import free_port
from tests.support.servers.served import (
    ask,
    is_alive,
    is_refused,
    kill,
    parent_of,
    wait_for,
    write_application,
)

QUICK = Times(first_pause=0.1, healthy_after=2, start=20, silence=4, answer=1)


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    return write_application(tmp_path, monkeypatch)


def served(port: int) -> Server:
    return Server("served:application", port, interface="asgi", hear=lambda line: None)


@contextmanager
def kept(*ports: int) -> Iterator[tuple[list[Keeper], list[Event]]]:
    """Servers that are looked after, and what is told of them."""
    events: list[Event] = []
    keepers = [Keeper(served(port), events.append, QUICK) for port in ports]
    try:
        assert start_together(keepers, lambda: False) is None
        yield keepers, events
    finally:
        stop_together(keepers)


def tended_until(keepers: list[Keeper], events: list[Event], kind: str) -> None:
    def told() -> bool:
        for keeper in keepers:
            keeper.tend()
        return any(event.kind == kind for event in events)

    wait_for(told)


def tended(keeper: Keeper) -> Keeper:
    """After one more look at what it keeps."""
    keeper.tend()
    return keeper


def test_a_killed_server_leaves_no_worker_behind(port: int) -> None:
    with served(port) as server:
        worker = int(ask(port))
        kill(parent_of(worker))
        wait_for(lambda: not is_alive(worker), timeout=10)
        assert is_refused(port)
        # The kernel ends the worker a moment before the server itself counts as ended.
        while (end := server.ended()) is None:
            time.sleep(0.02)
        assert (end.code, end.of_worker) == (-signal.SIGKILL, False)


def test_a_request_under_way_is_answered_when_the_server_is_told_to_stop(port: int) -> None:
    answers: list[str] = []
    with served(port) as server:
        asking = threading.Thread(target=lambda: answers.append(ask(port, "/slow")))
        asking.start()
        time.sleep(0.5)
        server.stop()
        asking.join()
    assert answers
    assert is_refused(port)


@pytest.mark.parametrize("victim", ["server", "worker"])
def test_a_server_that_is_killed_is_started_again_and_the_other_goes_on(port: int, victim: str) -> None:
    other = free_port()
    with kept(port, other) as (keepers, events):
        untouched, worker = ask(other), int(ask(port))
        kill(worker if victim == "worker" else parent_of(worker))
        tended_until(keepers, events, "again")
        assert ask(other) == untouched
        assert int(ask(port)) != worker
    assert [(event.kind, event.port) for event in events] == [("ended", port), ("again", port)]
    assert events[0].end is not None
    assert (events[0].end.code, events[0].end.of_worker) == (-signal.SIGKILL, victim == "worker")


def test_the_pause_grows_with_each_failure_and_shrinks_after_a_while_of_health(port: int) -> None:
    with kept(port) as (keepers, events):
        Path("broken").touch()
        kill(int(ask(port)))
        wait_for(lambda: tended(keepers[0]) and len(events) == 4)
        assert [event.pause for event in events] == [0.1, 0.2, 0.4, 0.8]
        assert events[-1].end is not None
        assert (events[-1].end.code, events[-1].end.of_worker) == (1, True)
        assert events[-1].end.last_words == "RuntimeError: the application is broken"
        Path("broken").unlink()
        tended_until(keepers, events, "again")
        well_until = time.monotonic() + QUICK.healthy_after
        wait_for(lambda: tended(keepers[0]) and time.monotonic() > well_until + 1)
        kill(int(ask(port)))
        wait_for(lambda: tended(keepers[0]) and len(events) == 6)
        assert events[-1].pause == 0.1


def test_a_server_that_takes_connections_and_answers_nobody_is_started_again(port: int) -> None:
    with kept(port) as (keepers, events):
        worker = int(ask(port))
        with pytest.raises(OSError, match="timed out"):
            ask(port, "/hang", timeout=0.5)
        tended_until(keepers, events, "again")
        assert not is_alive(worker)
        assert int(ask(port)) != worker
    assert [event.kind for event in events] == ["silent", "again"]


def test_a_server_that_is_busy_is_left_alone(port: int) -> None:
    with kept(port) as (keepers, events):
        worker = int(ask(port))
        busy = threading.Thread(target=lambda: ask(port, "/busy"))
        busy.start()
        while busy.is_alive():  # longer than its silence may last
            keepers[0].tend()
            time.sleep(0.05)
        assert int(ask(port)) == worker
    assert events == []


def test_the_status_service_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responder, "make_application", lambda home, clock: None)
    monkeypatch.setattr(responder, "private_home", lambda: None)
    assert isinstance(responder.application, Beating)


def test_a_port_that_somebody_has_taken_meanwhile_is_told_as_that_once(port: int) -> None:
    with kept(port) as (keepers, events):
        kill(parent_of(int(ask(port))))
        wait_for(lambda: is_refused(port))
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            wait_for(lambda: tended(keepers[0]) and len(keepers[0].failures) == 4)
        assert [event.kind for event in events] == ["ended", "port_taken"]
        tended_until(keepers, events, "again")


def test_a_server_that_never_started_is_given_up_with_its_cause(port: int) -> None:
    Path("broken").touch()
    events: list[Event] = []
    keeper = Keeper(served(port), events.append, QUICK)
    failed = start_together([keeper], lambda: False)
    stop_together([keeper])
    assert failed is events[-1]
    assert len(events) == 3
    assert failed.end is not None
    assert failed.end.last_words == "RuntimeError: the application is broken"


def test_a_group_is_ended_as_one(tmp_path: Path) -> None:
    """Also what ignores SIGTERM, and what the process left behind."""
    script = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
open({str(tmp_path)!r} + "/" + str(os.getpid()), "w").close()
time.sleep(100)
"""
    child = Child([sys.executable, "-c", script], lambda line: None)
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    processes = [int(path.name) for path in tmp_path.iterdir()]
    assert all(is_alive(process) for process in processes)
    child.ask_to_end()
    assert child.end(0.2).code == -signal.SIGKILL
    wait_for(lambda: not any(is_alive(process) for process in processes), timeout=10)


def test_of_a_traceback_one_line_is_left() -> None:
    lines: list[str] = []
    hear = Folded(lines.append)
    said = """[ERROR] before
Process granian-worker:
Traceback (most recent call last):
  File "/somewhere/one.py", line 3, in load
    import other
  File "/somewhere/other.py", line 7, in <module>
    raise ValueError(1)
    ^^^^^^^^^^^^^^^^^^^
ValueError: 1

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/somewhere/one.py", line 5, in load
    raise Wrong from error
honnin.Wrong: it is
after"""
    for line in said.splitlines():
        if line:
            hear(line)
    assert lines == [
        "[ERROR] before",
        "ValueError: 1 (other.py:7 in <module>)",
        "honnin.Wrong: it is (one.py:5 in load)",
        "after",
    ]
