"""What the page of decision 0012 says of each column: which check sees that it was changed."""

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/decisions/0012-heads-of-the-journal.md"
VERIFY, AUDIT, COPY, UNSEEN = CHECKS = "`journal verify`", "`status audit`", "`--heads COPY`", "unseen"
_ROW = re.compile(r"\| `([a-z0-9_.-]+)` \| (yes|–) \| (yes|–) \| (yes|–) \| (yes|–) \|")


@cache
def told() -> dict[str, frozenset[str]]:
    """By `table.column`: the names of the columns of the page where it says yes."""
    rows = [_ROW.fullmatch(line) for line in PAGE.read_text().splitlines()]
    return {
        row[1]: frozenset(
            check for check, said in zip(CHECKS, row.groups()[1:], strict=True) if said == "yes"
        )
        for row in rows
        if row
    }


def seen_by(column: str) -> frozenset[str]:
    """The checks of the installation alone that see a change of a `table.column`; none where it is unseen."""
    return told()[column] & {VERIFY, AUDIT}
