"""What pages extend and include: never a page of a room above, nor of another actor's."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import honnin

SOURCE = Path(honnin.__file__).parent
TAKES = re.compile(r"{%-?\s*(?:extends|include)\s+([^\s%]+)")


def below() -> dict[str, set[str]]:
    """Each room with itself and those below it, by the layers that hold for its modules (pyproject.toml)."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == ["honnin"])
    rooms = [layer.split(" | ") for layer in layers]
    return {
        room: {room, *(each for lower in rooms[place + 1 :] for each in lower)}
        for place, layer in enumerate(rooms)
        for room in layer
    }


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
    owner, may = rooms(), below()
    pairs = list(taken())
    assert len(pairs) > 100
    assert [(room, name) for room, name in pairs if owner[name] not in may[room]] == []
