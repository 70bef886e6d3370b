"""Sizes: a file that one reads, a folder that one looks through. Migrations are as long as they come."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_MODULES = 400, 15


def modules() -> Iterator[Path]:
    for folder in ("src", "tests", "tools", "benchmarks"):
        found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))
        yield from (path for path in found if "migrations" not in path.parts)


def test_no_file_is_longer_than_one_reads() -> None:
    lines = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in modules()}
    assert len(lines) > 900
    assert {path.as_posix(): count for path, count in lines.items() if count > MOST_LINES} == {}


def test_no_folder_has_more_modules_than_one_looks_through() -> None:
    counts = Counter(path.parent for path in modules())  # `__init__.py` is one of them
    assert {folder.as_posix(): count for folder, count in counts.items() if count > MOST_MODULES} == {}
