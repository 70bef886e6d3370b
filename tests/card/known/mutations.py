"""Wrong declarations of a kind: one entry of its data file changed each time."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from honnin.card.kinds.declaration import KindDeclaration, declared_kind

# Words for people and for clients, and where an entry is from: no card behaves otherwise for them.
WORDS = {"title", "label", "name", "content", "secret", "source", "choice"}
Declaration = dict[str, Any]
Path = tuple[str, ...]
REMOVED = object()


def changed(declaration: Mapping[str, Any], path: Path, value: object) -> Declaration:
    """The same with one entry changed, or removed."""
    copy = deepcopy(dict(declaration))
    inner = copy
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    if value is REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


def declared_or_none(name: str, declaration: Declaration) -> KindDeclaration | None:
    """The kind, or None where a declaration cannot even be read."""
    try:
        return declared_kind(name, declaration)
    except (KeyError, TypeError, ValueError):
        return None


def single_changes(declaration: Declaration) -> Iterator[tuple[Path, object]]:
    """One wrong value and more for every entry that means something, and each entry gone or too many."""
    for path, value in _entries(declaration):
        pins = _pins(declaration["application"][path[1]]) if path[0] == "application" else []
        yield from ((path, wrong) for wrong in _wrong(path[-1], value, pins) if wrong != value)
    for name, application in declaration["application"].items():
        for what in ("file", "pin", "key", "bare", "answer"):
            yield from ((("application", name, what, each), REMOVED) for each in application.get(what, {}))
        if "messaging" in application:
            yield ("application", name, "messaging"), REMOVED
        if "default_key" in application:
            yield ("application", name, "default_key"), REMOVED
        yield ("application", name, "bare", "001D"), {"choice": "too many"}
        yield ("application", name, "answer", "80FE"), {"word": "6985", "choice": "too many"}
        if "default_key" not in application and application.get("key"):
            yield (
                ("application", name, "default_key"),
                {"value": min(application["key"]), "choice": "too many"},
            )


def _pins(application: Declaration) -> list[str]:
    """Those that somebody can verify; behind another one nothing opens."""
    return sorted(file for file, pin in application.get("pin", {}).items() if pin["tries"])


def _entries(declaration: Declaration, path: Path = ()) -> Iterator[tuple[Path, object]]:
    for key, value in declaration.items():
        if isinstance(value, dict):
            yield from _entries(value, (*path, key))
        elif key not in WORDS:
            yield (*path, key), value


def _wrong(name: str, value: object, pins: list[str]) -> Iterator[object]:
    """`name`: of the entry; `pins`: those that a file or key could be behind."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, list):
        yield from (value[:n] + value[n + 1 :] for n in range(len(value)))
        others = pins if name in ("read", "pins") else []
        yield from ([*value, pin] for pin in others if pin not in value)
    elif name == "rule":
        yield from (".*", "(?!)", f"{value}|[0-9]{{3}}")
    elif isinstance(value, str):
        yield _other(value)


def _other(value: str) -> str:
    """Text of the same length that differs in its last character."""
    return value[:-1] + ("1" if value[-1:] != "1" else "2")
