"""Audits of an installation on which everybody works: nothing that is well is called a fault."""

from pathlib import Path

import pytest

from tests.killing.audits import audit_under_load
from tests.support.databases.engines import environment_of, require_postgresql

RATE = 40


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_audits_during_acts_report_nothing(engine: str, tmp_path: Path) -> None:
    if engine == "postgresql":
        require_postgresql()
    with environment_of(engine, tmp_path / "home") as environment:
        outcome = audit_under_load(environment, audits=1, rate=RATE)
    assert (outcome.faults, outcome.load["failed"]) == ([], {}), str(outcome)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_25_audits_during_40_acts_a_second_report_nothing(engine: str, tmp_path: Path) -> None:
    if engine == "postgresql":
        require_postgresql()
    with environment_of(engine, tmp_path / "home") as environment:
        outcome = audit_under_load(environment, audits=25, rate=RATE)
    assert (outcome.faults, outcome.load["failed"]) == ([], {}), str(outcome)
    assert outcome.load["rate"] > RATE / 2, str(outcome)
