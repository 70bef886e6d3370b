"""The shapes of `docs/reference/json.md`, read from the page itself, and where a document differs."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

PAGE = Path("docs/reference/json.md")
_ROW = re.compile(r"\| `([^`]+)` \| ([^|]+?) \|")
_HEADING = re.compile(r"### (.+)")

Shape = dict[str, str]
"""Type by path: `signatures[].after[].kind`, `{role}.entries`, `[].name`."""


def shapes() -> dict[str, Shape]:
    """The shape of each section of the page."""
    found: dict[str, Shape] = {}
    heading = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if title := _HEADING.fullmatch(line):
            heading = title.group(1)
            found[heading] = {}
        elif (row := _ROW.match(line)) and heading:
            found[heading][row.group(1)] = row.group(2)
    return found


def differences(document: Any, shape: Shape) -> list[str]:
    """All that a document has and its shape has not, or the other way round."""
    return list(_value(document, "", "object" if not _is_list(shape) else "list", shape))


def _is_list(shape: Shape) -> bool:
    return all(path.startswith("[]") for path in shape)


def _value(value: Any, path: str, kind: str, shape: Shape) -> Iterator[str]:
    kind, _, _ = kind.partition(" or null") if value is None else (kind.removesuffix(" or null"), "", "")
    if value is None:
        if not shape.get(path, "").endswith("or null"):
            yield f"{path} is null"
    elif kind == "error":
        yield from _value(value, "", "object", shapes()["error"])
    elif kind.startswith("list"):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for each in value:
            below = {"list of texts": "text", "list of objects": "anything"}.get(kind, "object")
            yield from _value(each, f"{path}[]", below, shape)
    elif kind == "object":
        yield from _object(value, path, shape)
    elif not _is_of(value, kind):
        yield f"{path} is no {kind}: {value!r}"


def _object(value: Any, path: str, shape: Shape) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    prefix = f"{path}." if path else ""
    known = {rest.split(".")[0].split("[")[0] for each in shape if (rest := _below(each, prefix))}
    if not known and path:  # whatever its sentence or chore names
        return
    wild = {name for name in known if name.startswith("{")}
    if not wild and known != set(value):
        yield f"{path or 'the document'} has {sorted(value)}, not {sorted(known)}"
        return
    for name, each in value.items():
        below = prefix + (next(iter(wild)) if wild else name)
        yield from _value(each, below, shape.get(below, "object"), shape)


def _below(path: str, prefix: str) -> str:
    return path[len(prefix) :] if path.startswith(prefix) else ""


def _is_of(value: Any, kind: str) -> bool:
    simple: dict[str, type] = {"anything": object, "number": int, "yes or no": bool, "text": str}
    if kind in simple:
        return isinstance(value, simple[kind]) and (kind != "number" or type(value) is int)
    try:
        if kind == "date":
            return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
