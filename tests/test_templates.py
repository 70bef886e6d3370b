"""What pages extend and include: never a page of a room above, nor of another actor's."""

import re
from collections.abc import Iterator
from pathlib import Path

import honnin

SOURCE = Path(honnin.__file__).parent
BELOW = {  # the layers of import-linter's contract, as far as they have pages
    "console": {"console"},
    "agency": {"agency", "console"},
    "municipality": {"municipality", "console"},
    "sites": {"sites", "agency", "municipality", "console"},
}
TAKES = re.compile(r"{%-?\s*(?:extends|include)\s+([^\s%]+)")


def rooms() -> dict[str, str]:
    """The room of each page, by the name under which pages take it."""
    found: dict[str, str] = {}
    for path in SOURCE.rglob("templates/**/*.html"):
        name = str(path).rpartition("/templates/")[2]
        assert name not in found, f"two rooms have {name}"
        found[name] = path.relative_to(SOURCE).parts[0]
    return found


def taken() -> Iterator[tuple[str, str]]:
    for path in SOURCE.rglob("templates/**/*.html"):
        for quoted in TAKES.findall(path.read_text()):
            name = quoted.strip("\"'")
            if not name.startswith("django/"):
                yield path.relative_to(SOURCE).parts[0], name


def test_no_page_takes_one_of_a_room_above() -> None:
    owner = rooms()
    assert set(owner.values()) <= set(BELOW)
    pairs = list(taken())
    assert len(pairs) > 100
    assert [(room, name) for room, name in pairs if owner[name] not in BELOW[room]] == []
