"""The tests themselves: what they share stands in modules that are no tests."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def _modules(path: Path) -> set[str]:
    """The last part of each module of the tests that a file takes something from."""
    nodes = ast.walk(ast.parse(path.read_text()))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.rpartition(".")[2] for name in names if name.startswith("tests.")}


def test_no_test_imports_a_test() -> None:
    taken = [(path.name, name) for path in TESTS.rglob("*.py") for name in _modules(path)]
    assert len(taken) > 300
    assert [each for each in taken if each[1].startswith("test_") or each[1] == "conftest"] == []
