"""Writes the table of columns in decision 0012 from the models; `--check` exits 1 when it is old.

Which check sees a change is stated here, by kind of table. That it is so is tested by editing every column
(`tests/journal/test_edits.py`).
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from honnin.agency.records.journal import JOURNAL  # noqa: E402
from honnin.journal.binding import columns_of  # noqa: E402
from honnin.journal.head import Head  # noqa: E402
from honnin.journal.journal import Journal  # noqa: E402
from honnin.journal.rows import tables  # noqa: E402
from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY  # noqa: E402

PAGE: Final = Path(__file__).resolve().parent.parent / "docs/decisions/0012-heads-of-the-journal.md"
BEGIN, END = "<!-- columns: made by `make tables` -->", "<!-- /columns -->"
HEADER: Final = (
    "| table.column | `journal verify` | `status audit` | `--heads COPY` | unseen |\n|---|---|---|---|---|"
)
# verify, audit, copy, unseen
ENTRY, HASH, TAIL, HEADS, ROW = "yyy-", "y-y-", "y---", "y-y-", "-y--"


def table() -> str:
    """Every column of every table of both roles, and every field of a line of heads, as Markdown."""
    return "\n".join([BEGIN, HEADER, *rows(), END])


def rows() -> Iterator[str]:
    for journal in (JOURNAL, MUNICIPALITY):
        for column in columns_of(journal.entries):  # the seal does not cover the hash, which covers the seal
            yield from _lines(
                journal.entries._meta.db_table, [column], HASH if column == "entry_hash" else ENTRY
            )
        yield from _lines(journal.tails._meta.db_table, columns_of(journal.tails), TAIL)
        yield from _lines(_heads(journal), [field.name for field in fields(Head)], HEADS)
        for model in sorted(tables(journal), key=lambda model: model._meta.db_table):
            yield from _lines(model._meta.db_table, columns_of(model), ROW)


def _heads(journal: Journal) -> str:
    return journal.heads.name


def _lines(name: str, columns: "list[str] | tuple[str, ...]", seen: str) -> Iterator[str]:
    marks = " | ".join("yes" if each == "y" else "–" for each in seen)
    yield from (f"| `{name}.{column}` | {marks} |" for column in columns)


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    new = before + table() + rest.split(END)[1]
    if "--check" in sys.argv:
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
