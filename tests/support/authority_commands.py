"""The `authority` commands, run."""

import subprocess
import sys
from pathlib import Path

from tests.support.processes import plain_environment


def honnin(
    home: Path, *words: object, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "honnin", *map(str, words)],
        env=plain_environment(home) | environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
