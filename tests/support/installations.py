"""Installations that commands are run on, and what they must say."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.processes import plain_environment

PEOPLE = 4


OPEN = f"""
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
import django
django.setup()
from honnin.clock import SystemClock
from honnin.sites.staff.logins import demo_logins
from honnin.simulator.installation import open_installation
open_installation(SystemClock(), population={PEOPLE})
from django.contrib.auth import authenticate
logins = demo_logins(SystemClock())
opened = [authenticate(username=login.user_name, password=login.password) is not None for login in logins]
print(json.dumps({{"passwords": [login.password for login in logins], "opened": opened}}))
"""


def honnin(
    home: Path, *words: object, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with what is typed on its stdin."""
    return subprocess.run(
        [sys.executable, "-m", "honnin", *map(str, words)],
        env=plain_environment(home) | environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def open_again(home: Path) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", OPEN], env=plain_environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def require_named(done: subprocess.CompletedProcess[str], code: str, exit_code: int = 8) -> None:
    assert f"[{code}]" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == exit_code
