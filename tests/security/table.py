"""The tables of docs/explanation/security.md, drawn from what was observed."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.security.observation import CLERK, ELSEWHERE, ONESELF, OPERATOR, YES, Visit
from tests.security.scene import Page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "security.md"
Observed = Mapping[Page, Mapping[str, Visit]]


def screens(seen: Observed) -> list[str]:
    """One row a page: who gets it, what its reader sees, what is written about it."""
    rows = [
        "| page or act | clerk | elsewhere | oneself | operator | shows | in the journals |",
        "|---|---|---|---|---|---|---|",
    ]
    for page, visits in seen.items():
        reader = visits[CLERK] if visits[CLERK].outcome == YES else visits[OPERATOR]
        cells = [_cell(visits[who], reader) for who in (CLERK, ELSEWHERE, ONESELF, OPERATOR)]
        shows, entries = ", ".join(reader.shows) or "–", ", ".join(reader.entries) or "–"
        rows.append(f"| {page.label} | {' | '.join(cells)} | {shows} | {entries} |")
    return rows


def _cell(visit: Visit, reader: Visit) -> str:
    if visit.outcome != YES:
        return f"`{visit.outcome}`"
    if visit.shows == reader.shows:
        return "yes"
    return f"sees {', '.join(visit.shows) or 'nothing of it'}"


def lines(told: Mapping[str, Mapping[str, str]]) -> list[str]:
    """One row a message: who is answered by the agency."""
    senders = list(next(iter(told.values())))
    rows = [f"| message | {' | '.join(senders)} |", "|---" * (len(senders) + 1) + "|"]
    for message, outcomes in told.items():
        cells = (value if value == YES else f"`{value}`" for value in outcomes.values())
        rows.append(f"| {message} | {' | '.join(cells)} |")
    return rows


def replaced(text: str, name: str, rows: list[str]) -> str:
    """The page with one of its tables drawn anew."""
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert pattern.search(text), name
    return pattern.sub(lambda found: found[1] + "\n".join(rows) + "\n" + found[2], text)


__all__ = ["ONESELF", "PAGE", "lines", "replaced", "screens"]
