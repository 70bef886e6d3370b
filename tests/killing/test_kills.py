"""Processes die while staff are at work: nothing is lost, doubled, stuck, stale or left behind."""

from pathlib import Path

import pytest

from tests.killing.deployments import OneMachine, OnPostgreSQL
from tests.killing.kills import played
from tests.support.databases.engines import require_postgresql

FEW, MANY = 3, 200


def test_a_few_kills_of_any_process_lose_nothing(tmp_path: Path) -> None:
    outcome = played(OneMachine(tmp_path / "home"), FEW)
    assert outcome.wrong == [], str(outcome)
    assert outcome.killed.total() == FEW


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_200_kills_of_any_process_lose_nothing(engine: str, tmp_path: Path) -> None:
    if engine == "postgresql":
        require_postgresql()
    kind = OneMachine if engine == "sqlite" else OnPostgreSQL
    outcome = played(kind(tmp_path / "home"), MANY)
    assert outcome.wrong == [], str(outcome)
    assert outcome.killed.total() == MANY
