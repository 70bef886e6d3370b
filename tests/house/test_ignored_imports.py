"""The imports that a contract ignores name types alone: nothing loads what stands above through them."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Loaded indeed: the one module of the issuer that makes a card (`docs/explanation/architecture.md`).
LOADED = {"honnin.card.issuer.production"}


def ignored() -> list[tuple[str, str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    edges = [edge.split(" -> ") for contract in contracts for edge in contract.get("ignore_imports", ())]
    return sorted({(importer, imported) for importer, imported in edges if importer not in LOADED})


def loaded_by(module: str) -> set[str]:
    """What a module imports when it runs, at its top or in a function: modules, and names in them."""
    place = ROOT / "src" / module.replace(".", "/")
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return set(_imports(ast.parse(source.read_text("utf-8"))))


def _imports(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        found += _imports(node)
    return found


@pytest.mark.parametrize(("importer", "imported"), ignored())
def test_an_ignored_import_is_for_types_alone(importer: str, imported: str) -> None:
    assert "*" not in imported, "a wildcard excuses what is not there yet"
    assert not {each for each in loaded_by(importer) if each == imported or each.startswith(f"{imported}.")}
