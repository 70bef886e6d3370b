"""Binds a function to the clauses it carries out: `@cites("S4-5.1", "act/5")`.

A citation that the catalogue does not know is an error at import. The registry lists what has been
imported so far; the table in `docs/reference/clauses.md` is made from the source text instead, so that it
does not depend on imports. A citation promises that the function itself decides or does what the clause
says: mentioning a clause is what docstrings are for.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from honnin.law.catalogue import is_known

P = ParamSpec("P")
R = TypeVar("R")

_registry: dict[str, list[str]] = {}


class UnknownClause(LookupError):
    """A citation names a clause or article that the catalogue does not hold."""


def cites(*ids: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the function carries out these clauses.

    Sets `__cites__` to the ids and enters the function in the registry; the function itself is returned
    unchanged. Raises UnknownClause for an id the catalogue does not know, ValueError for no id at all.
    """
    if not ids:
        raise ValueError("a citation names at least one clause")
    unknown = [citation for citation in ids if not is_known(citation)]
    if unknown:
        raise UnknownClause(f"not in the catalogue: {', '.join(unknown)}")

    def bind(function: Callable[P, R]) -> Callable[P, R]:
        name = f"{function.__module__}.{function.__qualname__}"
        for citation in ids:
            functions = _registry.setdefault(citation, [])
            if name not in functions:
                functions.append(name)
        function.__cites__ = ids  # type: ignore[attr-defined]
        return function

    return bind


def cited() -> Mapping[str, tuple[str, ...]]:
    """Clause or article -> qualified names of the imported functions that carry it out, sorted."""
    return MappingProxyType({citation: tuple(sorted(names)) for citation, names in sorted(_registry.items())})
