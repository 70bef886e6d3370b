"""Two clerks, two parents or two runs of the chores at the same moment; a command that is killed."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.databases.engines import environment_of, require_postgresql

ONCE = {
    "birth": "E_BIRTH_RECORDED",
    "birth, apart": "E_BIRTH_ELSEWHERE",
    "death": "E_ENTRY_REMOVED",
    "marriage": "E_ENTRY_CHANGED",
    "name": "E_ENTRY_CHANGED",
    "moving within": "E_ENTRY_CHANGED",
    "moving out": "E_MOVED_OUT",
    "planned": "E_DEPARTURE_PLANNED",
    "abroad": "E_ENTRY_REMOVED",
    "moving in": "E_STILL_REGISTERED",
    "moving in, known": "E_STILL_REGISTERED",
}


def test_what_is_told_twice_at_once_is_recorded_once_and_what_is_killed_goes_on(tmp_path: Path) -> None:
    require_postgresql()
    program = [sys.executable, "-m", "tests.municipality.residents.at_once_program"]
    with environment_of("postgresql", tmp_path / "home") as environment:
        ran = subprocess.run(program, env=environment, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    came = json.loads(ran.stdout)
    assert {act: came[act] for act in ONCE} == {act: sorted(["done", code]) for act, code in ONCE.items()}
    assert came["twins"] == ["done", "done"]
    assert came["card not shown"] == 1
    killed = came["areas"]
    assert killed.pop("deaths") >= 4
    assert killed == {
        "clerk": "99105",
        "lives_at": ["99105"],
        "addresses": True,
        "changes_of_each": [1, 2],
        "waiting": 0,
    }
