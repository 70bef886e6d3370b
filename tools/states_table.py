"""Writes the tables of docs/explanation/states.md from the tables that the code decides by; `--check` exits 1
when the page is old, or when a state has no way to an end.

That each way is really gone by an act is tested (`tests/scenarios/test_states.py`).
"""

import os
import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from honnin.law.cards import card_state, loss  # noqa: E402
from honnin.law.certificates import status  # noqa: E402
from honnin.municipality.counter.applications.states import every_transition  # noqa: E402

PAGE: Final = Path(__file__).resolve().parent.parent / "docs/explanation/states.md"
HEADER: Final = "| state | what leads on | to |\n|---|---|---|"
Transitions = Mapping[Any, Mapping[Any, Any]]
STATE_MACHINES: Final[Mapping[str, Transitions]] = {
    "person": loss.TRANSITIONS,
    "card": card_state.TRANSITIONS,
    "certificate": status.TRANSITIONS,
    "application": every_transition(),
}
"""Whose states they are, and the table that the code decides by."""
RESTS: Final = frozenset({loss.Loss.NONE})
"""States in which nothing waits for anybody, though something may begin there."""


def is_end(states: Transitions, state: StrEnum) -> bool:
    """Whether nothing waits for anybody in a state: no way leads on, or none has to."""
    return state in RESTS or not states[state]


def dead_ends(states: Transitions) -> set[StrEnum]:
    """States from which no way leads to an end."""
    ends = {state for state in states if is_end(states, state)}
    while more := {state for state, ways in states.items() if ends & set(ways.values())} - ends:
        ends |= more
    return set(states) - ends


def table(states: Transitions) -> str:
    return "\n".join([HEADER, *(line for state in states for line in _lines(states, state))])


def _lines(states: Transitions, state: StrEnum) -> list[str]:
    ways = [f"| {_words(state)} | {_words(turn)} | {_words(to)} |" for turn, to in states[state].items()]
    return ways or [f"| {_words(state)} | – | *an end* |"]


def _words(value: StrEnum) -> str:
    return str(value.value).replace("_", " ")


def drawn(text: str) -> str:
    """The page with its tables as the code has them."""
    for name, states in STATE_MACHINES.items():
        pattern = re.compile(f"(<!-- {name}: made by `make tables` -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{PAGE.name} has no table of {name}")
        inside = f"{table(states)}\n"
        text = pattern.sub(lambda found, inside=inside: found[1] + inside + found[2], text)  # type: ignore[misc]
    return text


def main() -> int:
    without_end = {name: found for name, states in STATE_MACHINES.items() if (found := dead_ends(states))}
    if without_end:
        print(f"no way leads to an end: {without_end}")
        return 1
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return int(drawn(text) != text)
    PAGE.write_text(drawn(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
