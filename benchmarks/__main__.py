"""`make bench`: issuing and answering, as ratios to raw RSA-2048 signing.

Limit and candidate take turns in short rounds; the ratio is taken round by round and its median printed,
so that a machine that slows down slows down both.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable

ROUNDS = 7
SECONDS = 0.6


def rate(act: Callable[[], object]) -> float:
    """How often a second `act` can be done, over one round."""
    count, began = 0, time.perf_counter()
    while True:
        for _ in range(5):
            act()
        count += 5
        passed = time.perf_counter() - began
        if passed >= SECONDS:
            return count / passed


def compare(title: str, limit: Callable[[], object], candidate: Callable[[], object]) -> None:
    """Print one line: candidate, limit, and the median, lowest and highest ratio of the rounds."""
    rate(candidate)
    pairs = [(rate(limit), rate(candidate)) for _ in range(ROUNDS)]
    ratios = sorted(mine / theirs for theirs, mine in pairs)
    mine = statistics.median(pair[1] for pair in pairs)
    theirs = statistics.median(pair[0] for pair in pairs)
    ratio = statistics.median(ratios)
    print(f"{title:<58} {mine:>9.0f}/s {theirs:>9.0f}/s {ratio:>7.2f}  ({ratios[0]:.2f}–{ratios[-1]:.2f})")


def main() -> None:
    home = tempfile.mkdtemp(prefix="honnin-bench-")
    os.environ["HONNIN_HOME"] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
    try:
        from benchmarks import subjects

        print(f"{'':<58} {'Honnin':>11} {'limit':>11} {'ratio':>7}  (lowest–highest)")
        for title, limit, candidate in subjects.subjects():
            compare(title, limit, candidate)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
