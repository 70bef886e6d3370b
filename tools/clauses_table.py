"""Writes docs/reference/clauses.md: which rule is carried out by which function and proved by which test.

    python -m tools.clauses_table            write the table
    python -m tools.clauses_table --check    exit 1 when the table on disk is out of date

Functions and tests are found in the source text (`@cites(…)`, `pytest.mark.clause(…)`), so the answer does
not depend on what was imported or selected. Imports no web framework and runs no test.
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from honnin.law.catalogue import AREAS, Clause, clauses  # noqa: E402

TABLE = ROOT / "docs" / "reference" / "clauses.md"
Places = Mapping[str, tuple[str, ...]]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
STATES = ("built", "partly", "decided", "open", "shown", "not yet", "out")
LAW = "honnin.law"
STORY = "honnin.simulator.demo"
"""The demo shows what the rooms do and checks it with the law's own functions; it acts on none."""

HEAD = """# The clauses, and where they are carried out

Made by `python -m tools.clauses_table`; do not edit. The rules are those of the service's public documents:
S0 the leaflet of 2012-03, S1 the card guide, S2 the certificate guide of 2024-06-30, S3 the renewal letter
JD01, S4 the terms of use. `src/honnin/law/clauses.toml` holds them as data.

A rule is **built** when a function that a room uses cites it, a person, a message or a command reaches it,
and a test walks there. It is **partly** built when that holds for a part, and the table says what it
**lacks**. It is **decided** when a function of the law decides it and a test proves that, but no room acts on
the answer yet: none asks the function, or a room asks it and brings nothing that leads to this rule; then the
table says what the rule **awaits**. It is **open** until then. A text is not computed: it is **shown**, and
the table says where, or **not yet**. **out** is not for software, and the table says why. Which functions a
room uses is read from the names in the source text; a name proves a use, not a screen. Four rules are kept
by the card, which does not know the law; a test compares what both say.
"""


@dataclass(frozen=True)
class Scan:
    """What the source text says: where clauses are cited and proved, and what of the law the rooms use.

    `used`: names of the law's definitions that a module outside the law refers to, or that one of these
    refers to in its turn.
    """

    functions: Places
    tests: Places
    used: frozenset[str] = frozenset()


def scan(source: Path, tests: Path) -> Scan:
    """Everything the table needs, from the sources and the tests."""
    return Scan(cited_functions(source), clause_tests(tests), used_law(source))


@cache
def of_this_project() -> Scan:
    """The scan of these sources and tests; once a process, for it reads every file."""
    return scan(ROOT / "src", ROOT / "tests")


def cited_functions(source: Path) -> Places:
    """Clause -> dotted names of the functions under `source` that carry it out."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in _files_with(source, "@cites(", "cites("):
        module = _module(path, source)
        for name, definition in _definitions(_parse(path)):
            for citation in _ids_of_calls(definition.decorator_list, "cites"):
                found[citation].add(f"{module}.{name}")
    return _sorted(found)


def clause_tests(tests: Path) -> Places:
    """Clause -> files under `tests` with a test marked `pytest.mark.clause(…)`, on it or for the module."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in _files_with(tests, "mark.clause("):
        for citation in _ids_of_calls(_parse(path), "clause"):
            found[citation].add(path.relative_to(tests.parent).as_posix())
    return _sorted(found)


def used_law(source: Path) -> frozenset[str]:
    """Names of the law's top-level definitions that the rooms use, directly or through one another."""
    refers: dict[str, set[str]] = defaultdict(set)
    used: set[str] = set()
    for path in _files_with(source, ""):
        module = _module(path, source)
        if _is_in(module, LAW):
            for name, names in _top_level(_parse(path)):
                refers[name] |= names
        elif not _is_in(module, STORY) and LAW in path.read_text("utf-8"):
            used |= _names_from_the_law(_parse(path))
    reached: set[str] = set()
    while waiting := (used & refers.keys()) - reached:
        reached |= waiting
        used = set().union(*(refers[name] for name in waiting))
    return frozenset(reached)


def state_of(clause: Clause, found: Scan) -> str:
    """One of `STATES`; derived, never stored."""
    if clause.disposition == "text":
        return "shown" if clause.shown else "not yet"
    if clause.disposition == "out":
        return "out"
    functions = functions_of(clause, found)
    if not functions or clause.id not in found.tests:
        return "open"
    if clause.awaits or not any(_is_used(name, found.used) for name in functions):
        return "decided"
    return "partly" if clause.lacks else "built"


def functions_of(clause: Clause, found: Scan) -> tuple[str, ...]:
    """What carries a rule out: the functions that cite it, and what keeps it without knowing the law."""
    kept_by = (f"honnin.{clause.kept_by}",) if clause.kept_by else ()
    return (*kept_by, *found.functions.get(clause.id, ()))


def table(catalogue: Mapping[str, Clause], found: Scan) -> str:
    """The whole page as Markdown."""
    states = {clause.id: state_of(clause, found) for clause in catalogue.values()}
    parts = [HEAD, _summary(catalogue, states)]
    for area, title in AREAS.items():
        parts.append(f"## {title}\n\n| clause | rule | state | functions | tests |\n|---|---|---|---|---|")
        parts += [
            _row(clause, states[clause.id], found) for clause in catalogue.values() if clause.area == area
        ]
        parts.append("")
    return "\n".join(parts)


def _summary(catalogue: Mapping[str, Clause], states: Mapping[str, str]) -> str:
    lines = [f"| area | rules | {' | '.join(STATES)} |", "|---" * (len(STATES) + 2) + "|"]
    for area, title in AREAS.items():
        count = Counter(states[clause.id] for clause in catalogue.values() if clause.area == area)
        lines.append(f"| {title} | {count.total()} | " + " | ".join(str(count[s]) for s in STATES) + " |")
    count = Counter(states.values())
    lines.append(f"| **all** | **{count.total()}** | " + " | ".join(f"**{count[s]}**" for s in STATES) + " |")
    return "\n".join(lines) + "\n"


def _row(clause: Clause, state: str, found: Scan) -> str:
    rule = f"{clause.rule} *({clause.clause})*" + (f" Out: {clause.reason}." if clause.reason else "")
    more = f"awaits {clause.awaits}" if clause.awaits else f"lacks {clause.lacks}" if clause.lacks else ""
    state_text = f"{state}, {more}" if more else state
    places = (clause.shown,) if clause.shown else functions_of(clause, found)
    where = "<br>".join(f"`{name.removeprefix('honnin.')}`" for name in places)
    proof = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in found.tests.get(clause.id, ()))
    return f"| {clause.id} | {rule} | {state_text} | {where} | {proof} |"


def _files_with(folder: Path, *marks: str) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        if any(mark in text for mark in marks):
            yield path


def _module(path: Path, source: Path) -> str:
    return ".".join(path.relative_to(source).with_suffix("").parts)


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _is_used(function: str, used: frozenset[str]) -> bool:
    """A room's own function is; one of the law is if a room uses it, or the class it stands in."""
    return not _is_in(function, LAW) or not used.isdisjoint(function.split("."))


def _top_level(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Each function, class and constant of a module, with the names that it refers to."""
    for statement in tree.body:
        names = _names_in(statement)
        if isinstance(statement, Definition):
            yield statement.name, names
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                yield from ((node.id, names) for node in ast.walk(target) if isinstance(node, ast.Name))


def _names_in(node: ast.AST) -> set[str]:
    inner = list(ast.walk(node))
    plain = {child.id for child in inner if isinstance(child, ast.Name)}
    return plain | {child.attr for child in inner if isinstance(child, ast.Attribute)}


def _names_from_the_law(tree: ast.Module) -> set[str]:
    """What a module imports from the law, and what it asks of the law's modules (`hold.hold_outcome`).

    An import counts as a use: the linter allows none that is not used.
    """
    imported = {
        alias
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and _is_in(node.module or "", LAW)
        for alias in node.names
    }
    modules = {alias.asname or alias.name for alias in imported}
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    }
    return {alias.name for alias in imported} | asked


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class with its dotted name, nested ones too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def _ids_of_calls(nodes: ast.AST | list[ast.expr], name: str) -> Iterator[str]:
    """The arguments of calls to `name` or `….name`. Raises ValueError for one that is no plain string."""
    for node in [nodes] if isinstance(nodes, ast.AST) else nodes:
        for call in ast.walk(node):
            if not (isinstance(call, ast.Call) and _is_call_to(call.func, name)):
                continue
            for argument in call.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise ValueError(f"line {call.lineno}: a citation is written out as a plain string")
                yield argument.value


def _is_call_to(function: ast.expr, name: str) -> bool:
    """`cites(…)`, `citation.cites(…)`; for tests only `….mark.clause(…)`."""
    if isinstance(function, ast.Name):
        return function.id == name and name == "cites"
    if not (isinstance(function, ast.Attribute) and function.attr == name):
        return False
    return name == "cites" or (isinstance(function.value, ast.Attribute) and function.value.attr == "mark")


def _sorted(found: Mapping[str, set[str]]) -> Places:
    return {citation: tuple(sorted(places)) for citation, places in sorted(found.items())}


def main(arguments: list[str]) -> int:
    """Exit code 0 when the table is written or up to date, 1 when `--check` finds it outdated."""
    page = table(clauses(), scan(ROOT / "src", ROOT / "tests"))
    present = TABLE.read_text("utf-8") if TABLE.exists() else ""
    if "--check" not in arguments:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(page, "utf-8")
    elif page != present:
        print("docs/reference/clauses.md is out of date: run python -m tools.clauses_table", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
