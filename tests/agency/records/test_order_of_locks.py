"""Whatever locks or writes the rows of a person has locked the person before: so no two acts wait for one
another. Goes over the source of the agency, by the names of its functions.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

AGENCY = Path("src/honnin/agency")
LOCKS_PERSON = {"locked_person", "hold_person", "claimed_for_delivery"}
OF_A_PERSON = {
    "locked_certificates",
    "locked_cards",
    "invalidate",
    "move_cards",
    "release_letters",
    "record_change",
    "write_change",
    "write_delivery",
    "write_issue",
}
"""What writes or locks certificates, cards and letters, and asks of its caller to hold the person."""


def functions() -> Iterator[ast.FunctionDef]:
    for path in sorted(AGENCY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield node


def calls(function: ast.FunctionDef) -> list[str]:
    """The names that a function calls, in the order of the source; an argument comes before what takes it."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {id(node): getattr(node.func, "attr", getattr(node.func, "id", "")) for node in found}
    found.sort(key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    return [names[id(node)] for node in found]


def holds(function: ast.FunctionDef, needing: set[str]) -> bool:
    """Whether the person is held when the first of these is called: taken here, or handed in as held."""
    given = {ast.unparse(each.annotation) for each in function.args.args if each.annotation}
    if "Person" in given:
        return True
    names = calls(function)
    first = next(place for place, name in enumerate(names) if name in needing)
    return any(name in LOCKS_PERSON for name in names[:first])


def uncovered(all_of_them: list[ast.FunctionDef]) -> set[str]:
    """What writes rows of a person without a lock of the person, with whoever calls it."""
    needing = set(OF_A_PERSON)
    while more := {
        each.name
        for each in all_of_them
        if each.name not in needing and needing & set(calls(each)) and not holds(each, needing)
    }:
        needing |= more
    return needing


def test_who_writes_the_rows_of_a_person_holds_the_person() -> None:
    all_of_them = list(functions())
    assert {each.name for each in all_of_them} >= OF_A_PERSON | LOCKS_PERSON
    called = {name for each in all_of_them for name in calls(each)}
    assert uncovered(all_of_them) - called == set()


def test_one_who_does_not_is_found() -> None:
    source = "def outside():\n    inside()\n\ndef inside():\n    invalidate(cards)\n    locked_person(code)\n"
    two = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert uncovered(two) >= {"outside", "inside"}
