"""The log: one line a fault, with time, level and route; a fault of a database is a page with its name."""

import io
import json
import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from honnin.console.logs import CONFIGURATION, OneLine
from honnin.errors import Conflict
from tests.console import Console
from tests.sites.test_broken_installations import open_again
from tests.sites.test_up import plain_environment

in_transaction = pytest.mark.django_db(databases="__all__")
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (WARNING|ERROR) \S+ .+")
SECRET = "山田花子-19900315"


@pytest.fixture
def log() -> Iterator[Callable[[], list[str]]]:
    """The lines that the log gets while the test lasts."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)
    yield lambda: written.getvalue().splitlines()
    logging.getLogger().removeHandler(handler)


def break_page(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the queue of applications fail as a machine can make it fail."""
    from honnin.municipality.counter.views import applications

    def fails(*_said: Any, **_more: Any) -> Any:
        raise error

    monkeypatch.setattr(applications, "render", fails)


@in_transaction
def test_a_fault_without_a_name_is_one_line_and_its_frames_without_values(
    console: Console, log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_page(monkeypatch, KeyError(SECRET))
    client = console.clerk()
    client.raise_request_exception = False
    assert client.get(f"/counter/applications/?text={SECRET}").status_code == 500
    first, *frames = log()
    assert LINE.fullmatch(first)
    assert first.endswith("ERROR counter:applications 500 KeyError")
    assert frames
    assert all(frame.startswith("    ") for frame in frames)
    assert any("honnin/municipality/counter/views/applications.py:" in frame for frame in frames)
    assert SECRET not in "".join(log())
    assert "/counter/applications" not in "".join(log())


@in_transaction
def test_a_fault_with_a_name_is_one_line(
    console: Console, log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_page(monkeypatch, OSError(28, "No space left on device", f"/{SECRET}"))
    answer = console.clerk().get("/counter/applications/")
    assert answer.status_code == 503
    assert "E_DISK_FULL" in answer.content.decode()
    [line] = log()
    assert line.endswith("ERROR counter:applications 503 E_DISK_FULL")


@in_transaction
def test_what_is_refused_is_one_line_without_its_address(
    console: Console, log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_page(monkeypatch, Conflict("E_OVERTAKEN"))
    console.clerk().get("/counter/applications/")
    console.clerk().get(f"/nowhere/{SECRET}/?{SECRET}")
    console.operator().get("/counter/applications/")
    assert [line.split(" ", 1)[1] for line in log()] == [
        "WARNING counter:applications 409 E_OVERTAKEN",
        "WARNING - 404",
        "WARNING counter:applications 403 E_NOT_A_CLERK",
    ]


@in_transaction
def test_foreign_hosts_old_forms_and_pauses_are_lines_without_what_was_sent(
    console: Console, log: Callable[[], list[str]]
) -> None:
    foreign = Client(headers={"host": f"{SECRET.encode().hex()}.example"}).get("/sign-in/")
    assert (foreign.status_code, "E_HOST_UNKNOWN" in foreign.content.decode()) == (400, True)
    Client(enforce_csrf_checks=True).post(
        "/sign-in/", {"username": SECRET}, headers={"referer": f"/{SECRET}"}
    )
    User.objects.create_user("hanako", password="a long enough password")
    for _failure in range(6):
        Client().post("/sign-in/", {"username": SECRET, "password": SECRET})
    assert all(LINE.fullmatch(line) for line in log())
    assert "sign_in 503 E_SIGN_IN_PAUSED" in log()[-1]
    assert SECRET not in "".join(log())
    assert SECRET.encode().hex() not in "".join(log())


def test_the_server_s_own_lines_go_the_same_way_and_its_addresses_nowhere() -> None:
    loggers = CONFIGURATION["loggers"]
    assert loggers["granian.access"] == {"handlers": ["nowhere"], "propagate": False}
    assert loggers["_granian"]["handlers"] == ["console"]


@pytest.mark.parametrize("text", ["two\nlines", "a bell\x07", "turned \u202e round", "\x1b[31mred"])
def test_nobody_writes_a_line_of_their_own(text: str) -> None:
    record = logging.LogRecord("honnin.console", logging.ERROR, "", 0, text, None, None)
    line = OneLine().format(record)
    assert LINE.fullmatch(line)
    assert line.isprintable()


# — Databases —————————————————————————————————————————————————————————————————————————————————————————


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What the pages said while databases were broken, and the lines of the log, by what was done."""
    home = tmp_path_factory.mktemp("broken") / "home"
    open_again(home)
    environment = plain_environment(home) | {"DJANGO_SETTINGS_MODULE": "honnin.sites.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.sites.broken_databases"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    shutil.rmtree(home)
    assert done.returncode == 0, done.stderr
    lines: dict[str, list[str]] = {}
    for line in done.stderr.splitlines():
        if not LINE.fullmatch(line) and not line.startswith(" "):
            lines[line] = []
        else:
            next(reversed(lines.values())).append(line)
    return json.loads(done.stdout), lines


CODES = {
    "missing": {"E_DATABASE_MISSING"},
    "missing under an open connection": {"E_DATABASE_MISSING"},
    "damaged": {"E_DATABASE_UNREADABLE"},
    "empty": {"E_RECORDS_UNAVAILABLE"},
}


@pytest.mark.parametrize("how", CODES)
@pytest.mark.parametrize("role", ["accounts", "agency", "municipality"])
def test_a_broken_database_is_a_page_with_a_name_and_one_line(
    broken: tuple[dict[str, Any], dict[str, list[str]]], role: str, how: str
) -> None:
    pages, lines = broken
    found = pages[f"{role} {how}"]
    status, code = found["said"]
    assert status == 503
    assert code in CODES[how]
    assert not found["made"]
    assert found["after"] == 200
    [line] = lines[f"{role} {how}"]
    assert LINE.fullmatch(line)
    assert line.endswith(f"503 {code}")


def test_a_locked_database_is_busy(broken: tuple[dict[str, Any], dict[str, list[str]]]) -> None:
    pages, lines = broken
    assert pages["locked"]["said"] == [503, "E_DATABASE_BUSY"]
    assert len(lines["locked"]) == 1
