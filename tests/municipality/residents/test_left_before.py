"""Who left in a home of an earlier version moves in elsewhere; who stayed there does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

UNHEARD = "E_MOVE_OUT_UNHEARD"


def test_who_left_before_an_upgrade_moves_in_elsewhere(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-m", "tests.municipality.residents.left_before_program"]
    environment = os.environ | {"HONNIN_HOME": str(tmp_path / "home"), "PYTHONPATH": "src:."}
    ended = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert {name for name, answer in told["found"].items() if answer == UNHEARD} == {
        "moved within",
        "corrected",
    }
    assert [answer for answer in told["found"].values() if answer != UNHEARD] == ["99102"] * 8
    ways = ["moved_out_by_notice", "moved_out_by_notice", "removed_otherwise", "removed_otherwise"]
    assert (told["noted"], told["faults"]) == (ways, [])
