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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from honnin.law.catalogue import AREAS, Clause, clauses  # noqa: E402

TABLE = ROOT / "docs" / "reference" / "clauses.md"
Places = Mapping[str, tuple[str, ...]]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

HEAD = """# The clauses, and where they are carried out

Made by `python -m tools.clauses_table`; do not edit. The rules are those of the service's public documents:
S0 the leaflet of 2012-03, S1 the card guide, S2 the certificate guide of 2024-06-30, S3 the renewal letter
JD01, S4 the terms of use. `src/honnin/law/clauses.toml` holds them as data.

A rule is **built** when a function cites it and a test proves it, **open** until then. **text** is shown or
published, not computed; **out** is not for software, and the table says why.
"""


def cited_functions(source: Path) -> Places:
    """Clause -> dotted names of the functions under `source` that carry it out."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in _files_with(source, "@cites(", "cites("):
        module = ".".join(path.relative_to(source).with_suffix("").parts)
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


def state_of(clause: Clause, functions: Places, tests: Places) -> str:
    """`built`, `open`, `text` or `out`; derived, never stored."""
    if clause.disposition in ("text", "out"):
        return clause.disposition
    return "built" if clause.id in functions and clause.id in tests else "open"


def table(catalogue: Mapping[str, Clause], functions: Places, tests: Places) -> str:
    """The whole page as Markdown."""
    states = {clause.id: state_of(clause, functions, tests) for clause in catalogue.values()}
    parts = [HEAD, _summary(catalogue, states)]
    for area, title in AREAS.items():
        parts.append(f"## {title}\n\n| clause | rule | state | functions | tests |\n|---|---|---|---|---|")
        parts += [
            _row(clause, states[clause.id], functions, tests)
            for clause in catalogue.values()
            if clause.area == area
        ]
        parts.append("")
    return "\n".join(parts)


def _summary(catalogue: Mapping[str, Clause], states: Mapping[str, str]) -> str:
    columns = ("built", "open", "text", "out")
    lines = ["| area | rules | built | open | text | out |", "|---|---|---|---|---|---|"]
    for area, title in AREAS.items():
        count = Counter(states[clause.id] for clause in catalogue.values() if clause.area == area)
        lines.append(f"| {title} | {count.total()} | " + " | ".join(str(count[c]) for c in columns) + " |")
    count = Counter(states.values())
    lines.append(
        f"| **all** | **{count.total()}** | " + " | ".join(f"**{count[c]}**" for c in columns) + " |"
    )
    return "\n".join(lines) + "\n"


def _row(clause: Clause, state: str, functions: Places, tests: Places) -> str:
    rule = f"{clause.rule} *({clause.clause})*" + (f" Out: {clause.reason}." if clause.reason else "")
    where = "<br>".join(f"`{name.removeprefix('honnin.')}`" for name in functions.get(clause.id, ()))
    proof = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in tests.get(clause.id, ()))
    return f"| {clause.id} | {rule} | {state} | {where} | {proof} |"


def _files_with(folder: Path, *marks: str) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        if any(mark in text for mark in marks):
            yield path


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
    page = table(clauses(), cited_functions(ROOT / "src"), clause_tests(ROOT / "tests"))
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
