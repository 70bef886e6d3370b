"""A renewal, cut after each command to the card and killed at each commit: none doubled, nobody left out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.agency.visits import OF_ADULTS, Way
from tests.support.card.reader import missing, require
from tests.support.databases.engines import environment_of, require_postgresql

pytestmark = pytest.mark.long
engines = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
ways = pytest.mark.parametrize("way", OF_ADULTS)
lost = pytest.mark.parametrize("lost", [False, True], ids=["not done", "done, answer lost"])


def played(engine: str, home: Path, *words: str) -> dict[str, Any]:
    if engine == "postgresql":
        require_postgresql()
    with environment_of(engine, home) as environment:
        done = subprocess.run(
            [sys.executable, "-m", "tests.killing.renewals", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["vendor"] == engine
    return told


def require_sums(told: dict[str, Any]) -> None:
    """Everybody has one of each in force, no number is missing or doubled, no row without an entry."""
    assert (told["gaps"], told["in_force"], told["without"], told["audit"]) == ([], 0, 0, [])
    assert told["old"] + told["new"] == told["times"]


@engines
@ways
@lost
def test_the_card_pulled_out_after_each_command_and_used_by_opensc(
    engine: str, way: Way, lost: bool, tmp_path: Path
) -> None:
    require(missing())
    told = played(engine, tmp_path, "cut", way, "--opensc", *(["--lost"] if lost else []))
    require_sums(told)
    assert told["old"] > 20
    assert told["new"] > 20


@engines
@ways
@lost
def test_the_process_killed_at_each_commit(engine: str, way: Way, lost: bool, tmp_path: Path) -> None:
    told = played(engine, tmp_path, "kill", way, *(["--lost"] if lost else []))
    require_sums(told)
    assert told["old"] > 8
    assert told["new"] >= 2
