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

from honnin.console.log.lines import CONFIGURATION, OneLine
from honnin.console.log.sums import MOST_DIFFERENT, SummedUp
from honnin.console.signing_in.hashing import PasswordChecks
from honnin.console.signing_in.sessions import IDLE
from honnin.console.signing_in.sign_in_log import log_id
from honnin.errors import Conflict
from tests.support.console import Console
from tests.support.installations import open_again
from tests.support.processes import plain_environment

in_transaction = pytest.mark.django_db(databases="__all__")
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) \S+ .+")
SECRET = "山田花子-19900315"


@pytest.fixture
def log() -> Iterator[Callable[[], list[str]]]:
    """The lines that the log gets while the test lasts; without those of clients that are signed in past
    every page.
    """
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)
    yield lambda: [line for line in written.getvalue().splitlines() if " INFO - signed in" not in line]
    logging.getLogger().removeHandler(handler)


def break_page(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the queue of applications fail as a machine can make it fail."""
    from honnin.municipality.counter.applications.views import application as applications

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
    assert any("honnin/municipality/counter/applications/views/application.py:" in frame for frame in frames)
    assert SECRET not in "".join(log())
    assert "/counter/applications" not in "".join(log()).replace("municipality/counter/applications", "")


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
    assert without_times(log()) == [
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


def without_times(lines: list[str]) -> list[str]:
    return [line.split(" ", 1)[1] for line in lines]


@in_transaction
def test_signing_in_and_out_and_what_was_refused_is_told_by_an_opaque_id(
    console: Console, log: Callable[[], list[str]]
) -> None:
    name, password = console.town.clerk().user_name, "a long enough password"
    User.objects.create_user(name, password=password)
    client, clock = Client(), console.town.clock
    for sent in (("nobody", "wrong"), (name.upper(), "wrong"), (name, password)):
        client.post("/sign-in/", {"username": sent[0], "password": sent[1]})
    client.post("/sign-out/")
    client.post("/sign-out/")
    client.post("/sign-in/", {"username": name, "password": password})
    clock.move_to(clock.now() + IDLE)
    client.get("/")
    for _failure in range(6):
        Client().post("/sign-in/", {"username": name, "password": "wrong"})
    own, nobody = log_id(name), log_id("nobody")
    assert own != nobody
    assert {len(own), len(nobody)} == {16}
    assert without_times(log()) == [
        f"WARNING sign_in sign-in refused, account {nobody}",
        f"WARNING sign_in sign-in refused, account {own}",
        f"INFO sign_in signed in, account {own}",
        f"INFO sign_out signed out, account {own}",
        f"INFO sign_in signed in, account {own}",
        f"INFO - session ended (idle), account {own}",
        *[f"WARNING sign_in sign-in refused, account {own}"] * 5,
        f"WARNING sign_in 503 E_SIGN_IN_PAUSED, account {own}",
    ]
    assert all(LINE.fullmatch(line) for line in log())
    assert name not in "".join(log())


@in_transaction
def test_what_strangers_bring_about_is_no_error(
    console: Console, log: Callable[[], list[str]], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Client(headers={"x-forwarded-proto": "https"})
    stranger.get("/sign-in/", headers={"host": "evil.example"})
    stranger.post("/sign-in/", {f"field{number}": "x" for number in range(500)})
    stranger.post("/sign-in/", b"x" * 70_000, content_type="application/x-www-form-urlencoded")
    room = PasswordChecks(at_once=0, waiting=0)
    monkeypatch.setattr("honnin.console.signing_in.sign_in.PASSWORD_CHECKS", room)
    stranger.post("/sign-in/", {"username": "hanako", "password": "wrong"})
    settings.HONNIN_SECURE = True
    stranger.get("/sign-in/")
    assert len(log()) == 5
    assert all(" WARNING " in line for line in log())
    assert "503 E_SIGN_IN_BUSY, account " in log()[3]
    assert "503 E_PROXY_NOT_TRUSTED" in log()[4]


def lines_of(handler: SummedUp) -> list[str]:
    return handler.stream.getvalue().splitlines()  # type: ignore[no-any-return]


def record_of(
    said: str, *, name: str = "honnin.console.x", level: int = logging.WARNING
) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, "%s", (said,), None)


@pytest.fixture
def summed() -> Iterator[tuple[SummedUp, list[float]]]:
    """The handler, and the seconds of its clock."""
    now = [0.0]
    handler = SummedUp(io.StringIO(), seconds=lambda: now[0])
    handler.setFormatter(OneLine())
    yield handler, now
    handler.close()


def test_warnings_that_strangers_repeat_are_summed_up(summed: tuple[SummedUp, list[float]]) -> None:
    handler, now = summed
    for _time in range(40):
        handler.handle(record_of("404"))
    handler.handle(record_of("403"))
    assert without_times(lines_of(handler)) == ["WARNING - 404", "WARNING - 403"]
    now[0] = 60.0
    handler.handle(record_of("404"))
    assert without_times(lines_of(handler))[2:] == [
        "WARNING - 404 (39 more like it in a minute)",
        "WARNING - 404",
    ]
    handler.handle(record_of("404"))
    stream = handler.stream
    handler.close()
    assert stream.getvalue().splitlines()[-1].endswith("404 (1 more like it in a minute)")
    assert all(LINE.fullmatch(line) for line in stream.getvalue().splitlines())


def test_lines_that_differ_by_what_strangers_typed_are_summed_up_as_well(
    summed: tuple[SummedUp, list[float]],
) -> None:
    handler, now = summed
    for number in range(5000):
        handler.handle(record_of(f"account {number}"))
    handler.handle(record_of("of another kind", name="django.request"))
    written = len(lines_of(handler))
    assert written <= MOST_DIFFERENT + 3
    now[0] = 61.0
    handler.handle(record_of("the next"))
    sums = [line for line in lines_of(handler) if "more of its kind" in line]
    assert len(sums) == 1
    assert f"({5000 - (written - 1)} more of its kind in a minute)" in sums[0]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("honnin.console.x", logging.ERROR),
        ("honnin.console.signing_in.sign_in_log", logging.INFO),
        ("honnin.sites.processes.supervision", logging.WARNING),
        ("_granian", logging.WARNING),
    ],
)
def test_errors_and_what_the_system_says_of_itself_are_never_summed_up(
    summed: tuple[SummedUp, list[float]], name: str, level: int
) -> None:
    for _time in range(10):
        summed[0].handle(record_of("said", name=name, level=level))
    assert len(lines_of(summed[0])) == 10


def test_the_installation_s_log_is_the_one_that_sums_up() -> None:
    assert CONFIGURATION["handlers"]["console"]["class"] == f"{SummedUp.__module__}.{SummedUp.__qualname__}"
    assert CONFIGURATION["loggers"]["honnin.console.signing_in.sign_in_log"] == {"level": "INFO"}


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
        [sys.executable, "-m", "tests.console.broken_databases"],
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
        if " INFO " in line:  # who signed in
            continue
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
