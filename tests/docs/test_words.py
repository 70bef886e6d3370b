"""What the pages say of the code is so: names, links, tables."""

import ast
import importlib
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from tools import clauses_table

from honnin.cli import EXIT_CODE
from honnin.errors import KINDS
from honnin.law.certificates.lapse import REASONS
from tests.docs.samples import ROOT, pages
from tests.support.command_names import commands

SOURCE = ROOT / "src" / "honnin"


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def defined_names() -> set[str]:
    """Every class in the sources, and `Class.member` for what is assigned or annotated in its body."""
    names = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                names |= {node.name, *(f"{node.name}.{member}" for member in _members(node))}
    return names


def _members(definition: ast.ClassDef) -> set[str]:
    members = set()
    for statement in definition.body:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        members |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(statement, ast.ClassDef):
            members.add(statement.name)
    return members


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    rows = [
        line.split("|") for line in text_of(ROOT / "docs/reference/glossary.md").splitlines() if "|" in line
    ]
    named = [span for row in rows for span in re.findall(r"`([^`]+)`", row[3])]
    assert len(named) > 80
    classes = {name for name in named if name[0].isupper() and not name.startswith("E_")}
    assert classes - defined_names() == set()
    codes = set(re.findall(r"^\[(E_[A-Z_]+)\]", text_of(SOURCE / "errors.toml"), re.MULTILINE))
    assert {name for name in named if name.startswith("E_")} - codes == set()
    for module in (name for name in named if name.startswith("honnin.")):
        assert SOURCE.parent.joinpath(*module.split(".")).is_dir(), module


def test_every_path_of_a_request_goes_through_code_that_is_there() -> None:
    page = text_of(ROOT / "docs/explanation/architecture.md")
    table = page.split("## The paths of requests")[1].split("## Messages")[0]
    steps = [span for line in table.splitlines() if "→" in line for span in code_spans(line.split("|")[2])]
    named = [step for step in steps if "." in step and not step.startswith(".")]
    assert len(named) > 35
    for name in named:
        resolve(f"honnin.{name}")


def resolve(dotted: str) -> object:
    """A module, or what stands in it. Raises for what is not there."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return found
    raise LookupError(dotted)


ARCHITECTURE = ROOT / "docs/explanation/architecture.md"
OF_THE_FRAMEWORK = {"migrations", "templatetags"}


def drawn_rooms() -> tuple[set[tuple[str, ...]], list[set[str]]]:
    """The rooms of the drawing with those inside them, and the top ones of each of its bands."""
    rooms: set[tuple[str, ...]] = set()
    bands: list[set[str]] = [set()]
    top = ""
    for line in text_of(ARCHITECTURE).split("```")[1].splitlines()[2:]:
        if line.strip().startswith("─"):
            bands.append(set())
        elif found := re.match(r"  (\w+)(/?)\s", line):
            top = found[1]
            bands[-1].add(top)
            rooms |= {(top,)} if found[2] else set()
        elif found := re.match(r"    (\w+)/\s", line):
            rooms.add((top, found[1]))
    return rooms, bands


def contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"][
        "contracts"
    ]
    return found


def test_the_rooms_of_the_drawing_are_the_folders() -> None:
    """Every package to the second level is drawn, and what is drawn is there."""
    inside = {path.parent.relative_to(SOURCE).parts for path in SOURCE.glob("*/**/__init__.py")}
    folders = {parts for parts in inside if len(parts) <= 2 and parts[-1] not in OF_THE_FRAMEWORK}
    assert drawn_rooms()[0] == folders


def test_the_bands_of_the_drawing_are_the_layers() -> None:
    """Whatever is drawn above something else is no layer below it."""
    layers = [{room.strip() for room in layer.split("|")} for layer in contracts()[0]["layers"]]
    band = {room: number for number, rooms in enumerate(drawn_rooms()[1]) for room in rooms}
    for above, layer in enumerate(layers):
        for below in layers[above + 1 :]:
            for room in layer & band.keys():
                assert all(band[room] <= band[lower] for lower in below & band.keys()), (room, below)


def test_every_contract_is_told() -> None:
    table = text_of(ARCHITECTURE).split("## Who may import whom")[1].split("##")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:]
    assert [row.strip() for row in rows] == [contract["name"] for contract in contracts()]


def test_the_rooms_of_the_counter_are_the_folders() -> None:
    section = text_of(ROOT / "docs/explanation/architecture.md").split("## Inside the counter")[1]
    drawn = set(re.findall(r"([a-z_]+)/", section.split("```")[1])) - {"counter"}
    counter = SOURCE / "municipality" / "counter"
    inside = {path.parent.name for path in counter.glob("*/__init__.py")} - {"migrations"}
    assert drawn == inside | {path.parent.name for path in counter.glob("procedures/*/declaration.py")}


def test_the_table_of_reasons_is_the_one_in_force() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| `(\w+)` \|$", text_of(ROOT / "docs/decisions/0011-reason-codes.md"), re.M
    )
    assert dict(rows) == {ground.name: reason for ground, reason in REASONS.items()}


def test_the_page_of_commands_names_every_command_and_option() -> None:
    page = text_of(ROOT / "docs/reference/commands.md")
    spans = code_spans(page)
    named = {" ".join(word for word in span.split()[1:] if word.islower() or "-" in word) for span in spans}
    assert set(commands()) - named == set()
    options = {opt for command in commands().values() for option in command.params for opt in option.opts}
    assert {option for option in options if option.startswith("--")} - set(spans) == set()


def test_the_page_of_commands_has_every_exit_code() -> None:
    page = text_of(ROOT / "docs/reference/commands.md").split("## Exit codes")[1].split("## Environment")[0]
    assert {kind.kind for kind in KINDS} == set(EXIT_CODE)
    for kind, code in EXIT_CODE.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {code} "))
        words = {"refused": "refused", "not_allowed": "not allowed", "card_error": "card"}.get(kind, kind)
        assert words in row


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual viewers make them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_says_how_many_rules_are_built(name: str) -> None:
    """It says "more than" and "about", so that the page need not change with every rule."""
    total = next(line for line in text_of(clauses_table.TABLE).splitlines() if line.startswith("| **all**"))
    everything, built, partly, decided, still_open, shown, not_yet, out = map(
        int, re.findall(r"\*\*(\d+)\*\*", total)
    )
    said = re.search(r"<!-- counts -->(.*?)<!-- /counts -->", text_of(ROOT / name), re.DOTALL)
    assert said is not None
    *said_numbers, more_than, in_part, about = map(int, re.findall(r"\d+", said[1]))
    others = built + partly + decided + still_open
    assert said_numbers == [everything, shown + not_yet, shown, out, others], total
    assert more_than < built <= more_than + 20, total
    assert abs(partly - in_part) <= 5, total
    assert abs(decided - about) <= 5, total


def test_both_readmes_name_the_same_commands_and_files() -> None:
    english, japanese = (set(code_spans(text_of(ROOT / name))) for name in ("README.md", "README.ja.md"))
    assert english == japanese


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_says_how_to_get_the_sources(name: str) -> None:
    first_steps = re.search(r"^```.*?^```$", text_of(ROOT / name), re.DOTALL | re.MULTILINE)
    assert first_steps is not None
    assert "git clone " in first_steps[0]


@pytest.mark.parametrize("section", ["Windows", "macOS", "Remove it"])
def test_there_is_a_page_on_other_systems_and_on_removing_it(section: str) -> None:
    place = "docs/how-to/install-and-remove.md"
    page = text_of(ROOT / place)
    assert re.search(rf"^## {section}\n+\S", page, re.MULTILINE)
    assert place in text_of(ROOT / "README.md")
