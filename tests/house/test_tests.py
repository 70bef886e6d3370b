"""The tests themselves: what they share stands in modules that are no tests."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def taken_by(path: Path) -> set[str]:
    """Each module of the tests that a file may take something from: a name may be that of a module too."""
    nodes = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    names = {node.module or "" for node in nodes}
    names |= {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
    return {name for name in names if name.startswith("tests.")}


def test_no_test_imports_a_test() -> None:
    taken = [(path.name, name) for path in TESTS.rglob("*.py") for name in taken_by(path)]
    assert len(taken) > 300
    for by, name in taken:
        assert not any(part.startswith("test_") or part == "conftest" for part in name.split(".")), (by, name)


def test_what_folders_share_stands_in_support() -> None:
    """`tests.a.b` is taken below `tests/a` alone; what two folders share stands in `tests.support`."""
    wrong = set()
    for path in TESTS.rglob("*.py"):
        own = path.relative_to(TESTS).parts[0]
        for name in taken_by(path):
            room = name.split(".")[1]
            if (TESTS / room).is_dir() and room not in ("support", own):
                wrong.add(f"{path.relative_to(TESTS)}: {name}")
    assert wrong == set()
