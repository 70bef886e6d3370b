"""Each refusal that an examination can answer with is of a check, by declaration.

Which there can be is read from the functions themselves: from what a procedure asks, to what that asks.
"""

from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType

import pytest

from honnin.errors import Refusal
from honnin.law.counter.renewal_checks import CHECK_OF
from honnin.municipality.counter.applications.services import examine_in
from honnin.municipality.counter.declaration import kinds, registered
from honnin.municipality.counter.procedures.renewal.kind import _unasked_pins

EVERY = {each.name: each.kind for each in registered() if each.kind is not None}


def codes_within(value: object) -> set[str]:
    """The codes of refusals that stand in something that a function names."""
    if isinstance(value, Refusal):
        return {value.code}
    if isinstance(value, str):
        return {value} if value.startswith("E_") and value.isupper() else set()
    if isinstance(value, CodeType):
        return {code for each in value.co_consts for code in codes_within(each)}
    if isinstance(value, tuple | frozenset | list):
        return {code for each in value for code in codes_within(each)}
    if isinstance(value, Mapping):
        return {code for each in value.values() for code in codes_within(each)}
    return set()


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from names_in(each)


def reached(*entries: Callable[..., object]) -> set[str]:
    """The codes that the law's functions have which these reach, and those that they have themselves."""
    found, seen, left = set[str](), set[object](), list(entries)
    while left:
        function = left.pop()
        if function in seen:
            continue
        seen.add(function)
        assert isinstance(function, FunctionType)
        found |= codes_within(function.__code__)
        names = set(names_in(function.__code__))
        named = [function.__globals__[each] for each in names & function.__globals__.keys()]
        modules = [each for each in named if isinstance(each, ModuleType) and is_ours(each.__name__)]
        named += [getattr(module, each) for module in modules for each in names if hasattr(module, each)]
        for value in named:
            if isinstance(value, FunctionType):
                left += [value] if is_ours(value.__module__) else []
            else:
                found |= codes_within(value)
    return found


def is_ours(module: str) -> bool:
    """Facts are gathered elsewhere, and refuse nothing."""
    return module.startswith(("honnin.law.", "honnin.municipality.counter."))


def refused_by(procedure: str) -> set[str]:
    kind = type(EVERY[procedure])
    return reached(kind.refusals, kind.lapsed, examine_in) | reached(*OWN.get(procedure, ()))


OWN = {"renewal": (_unasked_pins,)}


def test_the_reading_finds_what_is_refused() -> None:
    """A reading that finds nothing would place everything."""
    assert {"E_CARD_REPORTED_LOST", "E_CERT_HELD", "E_WINDOW_CLOSED"} <= refused_by("renewal")
    assert {"E_MOVED_ABROAD", "E_SUBSTITUTE_MISSING", "E_SEAL_BROKEN", "E_PIN_UNPROVED"} <= refused_by(
        "renewal"
    )
    assert {"E_NOTHING_TO_REVOKE", "E_OFFICE_WRONG", "E_ID_DOC_MISSING"} <= refused_by("revocation")
    assert {"E_DUPLICATE_CERT", "E_UNDER_AGE"} <= refused_by("issuing")
    assert {"E_CARD_REPORTED_LOST", "E_CARD_WITHOUT_PIN"} <= refused_by("pin_reset")
    assert len(EVERY) == len(kinds()) == 4


@pytest.mark.parametrize("procedure", EVERY)
def test_each_refusal_of_a_procedure_is_placed(procedure: str) -> None:
    assert refused_by(procedure) - CHECK_OF.keys() == set()


def test_nothing_is_placed_that_is_never_refused() -> None:
    assert CHECK_OF.keys() - set[str]().union(*map(refused_by, EVERY)) == set()
