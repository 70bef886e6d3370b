"""`honnin journal verify` and `honnin status audit`, while acts go on: neither finds a fault.

python -m tests.killing.audits --audits 25 --rate 40 --engine sqlite
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.databases.engines import environment_of

AUDITS = (("journal", "verify"), ("status", "audit"))


@dataclass
class Outcome:
    """What was played, and what the audits said that was not well."""

    engine: str
    audits: int
    load: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def __str__(self) -> str:
        played = ", ".join(f"{count} × {name}" for name, count in sorted(self.load["done"].items()))
        return (
            f"{self.engine}: {self.audits} audits during {self.load['rate']:.0f} acts a second ({played}); "
            f"acts that failed: {self.load['failed'] or 'none'}; slowest audit {self.slowest:.1f} s; "
            f"wrongly reported: {len(self.faults)}"
        )


def audit_under_load(environment: dict[str, str], *, audits: int, rate: float) -> Outcome:
    """Each audit `audits` times while acts go on at `rate` a second, and once when they have ended."""
    engine = "postgresql" if any(name.endswith("_DATABASE") for name in environment) else "sqlite"
    with _acts(environment, rate) as play:
        told = [_told(environment, words) for _ in range(audits) for words in AUDITS]
        load = play()
    told += [_told(environment, words) for words in AUDITS]
    faults = [said for said, _seconds in told if said]
    return Outcome(engine, len(told) - len(AUDITS), load, faults, max(seconds for _said, seconds in told))


@contextmanager
def _acts(environment: dict[str, str], rate: float) -> Iterator[Any]:
    """Acts under way; yields what ends them and returns what was played."""
    command = [sys.executable, "-m", "tests.killing.acts", str(rate)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == "ready"

            def play() -> dict[str, Any]:
                assert process.poll() is None, "the acts ended before the audits did"
                played: dict[str, Any] = json.loads(process.communicate(timeout=120)[0])
                return played

            yield play
        finally:
            process.kill()


def _told(environment: dict[str, str], words: tuple[str, ...]) -> tuple[str, float]:
    """What an audit says that is not "well" (empty: nothing), and how many seconds it took."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "honnin", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    said = f"{' '.join(words)}: exit code {done.returncode}: {done.stdout}{done.stderr}"
    return "" if done.returncode == 0 else said, time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=25)
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="honnin-load-") as home,
        environment_of(given.engine, Path(home) / "home") as environment,
    ):
        outcome = audit_under_load(environment, audits=given.audits, rate=given.rate)
    print("\n".join([*outcome.faults, str(outcome)]))
    sys.exit(1 if outcome.faults or outcome.load["failed"] else 0)


if __name__ == "__main__":
    main()
