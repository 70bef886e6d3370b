"""What pages extend and include: never a page of a room above, nor of another actor or procedure."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import honnin
from honnin.municipality.counter import declaration, procedures

SOURCE = Path(honnin.__file__).parent
COUNTER = SOURCE / "municipality" / "counter"
NAMED = re.compile(r"""["']counter(:\w+|/\w+\.html)["']""")
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


def procedure_of(path: Path) -> str:
    """The procedure of the counter that a file belongs to; empty for what is common to all."""
    parts = path.relative_to(COUNTER).parts
    return parts[1] if parts[0] == "procedures" and len(parts) > 2 else ""


def owners() -> dict[str, str]:
    """Whose each address and each page of the counter is, as they are named: `:receipt`, `/receipt.html`."""
    declared = declaration.registered()
    pages = {f":{each.name}": procedure.name for procedure in declared for each in procedure.urls}
    found = {name: owner if owner in procedures.PROCEDURES else "" for name, owner in pages.items()}
    return found | {f"/{path.name}": procedure_of(path) for path in COUNTER.rglob("templates/counter/*.html")}


def test_no_procedure_of_the_counter_names_an_address_or_a_page_of_another() -> None:
    """Neither in its pages nor in its code; what is common to all names none of any procedure."""
    owner = owners()
    named = [
        (path, name)
        for kind in ("*.html", "*.py")
        for path in COUNTER.rglob(kind)
        for name in NAMED.findall(path.read_text())
    ]
    assert len({procedure_of(path) for path, _name in named}) == len(procedures.PROCEDURES) + 1
    strange = [
        (str(path.relative_to(COUNTER)), name)
        for path, name in named
        if owner[name] not in ("", procedure_of(path))
    ]
    assert strange == []
