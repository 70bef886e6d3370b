"""`make bench`: issuing and answering, as ratios to raw RSA-2048 signing; what renewal and card may cost.

Candidate and raw signing take turns in short rounds; the ratio is taken round by round and its median
printed, so that a machine that slows down slows down both. The card's figures stand beside their limits, and
the lists over a whole register at three sizes.
Search pages among many residents are measured by `python -m benchmarks.searches`.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 7
SECONDS = 0.4


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
    """Print one line: candidate, raw signing, and the median, lowest and highest ratio."""
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

        print(f"{'':<58} {'Honnin':>11} {'raw RSA':>11} {'ratio':>7}  (lowest–highest)")
        for title, limit, candidate in subjects.subjects():
            compare(title, limit, candidate)
        print(f"\n{'':<58} {'measured':>11}   limit")
        card_lines(Path(home))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def card_lines(home: Path) -> None:
    """Print what a renewal, letters and the card cost, a line for each figure, with its limit."""
    from benchmarks.cards import Workshop
    from benchmarks.letters import letters_figure
    from benchmarks.limits import Figure, card_figures
    from benchmarks.reconciliation import table
    from benchmarks.renewals import renewal_figure
    from benchmarks.through_opensc import TITLE, signing_figure

    def show(figure: Figure) -> None:
        bound = f"at {'least' if figure.at_least else 'most'} {figure.limit:g} {figure.unit}"
        measured, verdict = (
            f"{figure.measured:.3g} {figure.unit}",
            "holds" if figure.holds else "DOES NOT HOLD",
        )
        note = f"  ({figure.note})" if figure.note else ""
        print(f"{figure.title:<58} {measured.strip():>11}   {bound.strip():<19} {verdict}{note}", flush=True)

    show(renewal_figure())
    show(letters_figure())
    print()
    table()
    print()
    keys = home / "card-keys"
    for figure in card_figures(keys):
        show(figure)
    through_opensc = signing_figure(home, Workshop(keys))
    if isinstance(through_opensc, str):
        print(f"{TITLE:<58} {through_opensc}")
    else:
        show(through_opensc)


if __name__ == "__main__":
    main()
