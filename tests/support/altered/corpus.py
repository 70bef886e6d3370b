"""All the files by name: alterations after, between and before signatures, forgeries, and honest ones."""

from collections.abc import Callable, Iterator

from tests.support.altered import alterations, fills, forgeries, honest, packed, roles, signers, structures
from tests.support.altered.contract import contract
from tests.support.altered.forgeries import once
from tests.support.altered.signing import signed

Maker = Callable[[], bytes]
_SHORT = {"after": 1, "between": 3, "before": 8}


def altered(place: str, *, whole: bool = True) -> Iterator[tuple[str, alterations.Alteration, Maker]]:
    """Each alteration "after" a signature, "between" two or "before" the only one; some, if not the whole."""
    step = 1 if whole else _SHORT[place]
    for each in alterations.ALL[::step]:
        yield f"{place}: {each.name}", each, _maker(place, each)


def _maker(place: str, alteration: alterations.Alteration) -> Maker:
    if place == "after":
        return lambda: alteration.change(once())
    if place == "between":
        return lambda: signed(alteration.change(once()), "Signature2")
    return lambda: signed(alteration.change(contract()), "Signature1")


def all_files(*, whole: bool) -> Iterator[tuple[str, Maker]]:
    """Every file of the short form or of the whole, by a name that says what it is."""
    for place in _SHORT:
        yield from ((name, make) for name, _, make in altered(place, whole=whole))
    for case in (*forgeries.CASES, *structures.CASES, *packed.CASES, *signers.CASES, *roles.CASES):
        yield f"forgery: {case.name}", case.make
    yield from ((f"honest: {case.name}", case.make) for case in (*honest.CASES, *fills.CASES))
