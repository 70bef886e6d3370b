"""What a rule of the catalogue awaits is not there yet, and is all that keeps it from being built.

A room may ask a function of the law and never come to one of its branches: none issues a Juki card. `awaits`
in `clauses.toml` says so. The rooms' source text is searched for the first sign of what is awaited; whoever
brings it takes the word out of the catalogue.
"""

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from functools import cache

import pytest
from tools import clauses_table

from honnin.law.catalogue import Clause, clauses
from honnin.law.counter.eligibility import ApplicationFacts, CardFacts, EffectiveCertificate
from honnin.law.counter.identity import Evidence, ProxyFacts

SOURCE = clauses_table.ROOT / "src"
AWAITING = [clause for clause in clauses().values() if clause.awaits]
# `name=`: an argument that is given, and not as plain False or None. `name`: any use of the word.
SIGNS = {
    "the Juki card": {"JUKI_CARD"},
}
# They bring nothing: the demo shows what the rooms do, the reception lists what it would take.
NOT_ACTING = ("honnin.law", "honnin.simulator.demo", "honnin.agency.revocation.reception")
NO_ROOM_GIVES = {
    ApplicationFacts: {
        "generation",
        "resident_abroad",
        "other_office_ground",
        "renewed",
    },
    CardFacts: {"belongs_to_applicant", "without_pin"},
    EffectiveCertificate: set(),
    Evidence: set(),
    ProxyFacts: {"seal_intact"},
}


def trees(*, acting: bool) -> Iterator[ast.Module]:
    """The sources of the rooms that act, or of everything."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if not (acting and f"{module}.".startswith(tuple(f"{name}." for name in NOT_ACTING))):
            yield ast.parse(path.read_text("utf-8"))


def words_used(node: ast.AST) -> set[str]:
    if isinstance(node, ast.keyword):
        plain_no = isinstance(node.value, ast.Constant) and node.value.value in (False, None)
        return set() if plain_no else {f"{node.arg}="}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    return {node.id} if isinstance(node, ast.Name) else set()


def words_defined(node: ast.AST) -> set[str]:
    """As a sign would name them: an argument or a field with `=`, a function or a constant without."""
    if isinstance(node, ast.FunctionDef):
        return {node.name, *(f"{each.arg}=" for each in (*node.args.args, *node.args.kwonlyargs))}
    if isinstance(node, ast.AnnAssign):
        return {f"{each.id}=" for each in ast.walk(node.target) if isinstance(each, ast.Name)}
    if isinstance(node, ast.Assign):
        return {each.id for each in node.targets if isinstance(each, ast.Name)}
    return set()


@cache
def used() -> set[str]:
    return {word for tree in trees(acting=True) for node in ast.walk(tree) for word in words_used(node)}


@cache
def defined() -> set[str]:
    return {word for tree in trees(acting=False) for node in ast.walk(tree) for word in words_defined(node)}


def test_what_is_awaited_has_signs_by_which_it_will_be_seen() -> None:
    assert {clause.awaits for clause in AWAITING} == set(SIGNS)
    assert {sign for signs in SIGNS.values() for sign in signs} <= defined()


@pytest.mark.parametrize("awaited", SIGNS)
def test_no_room_brings_what_is_awaited(awaited: str) -> None:
    assert SIGNS[awaited] & used() == set(), f"take this out of clauses.toml: awaits = {awaited!r}"


@pytest.mark.parametrize("clause", AWAITING, ids=lambda clause: clause.id)
def test_without_what_it_awaits_a_rule_would_read_built(clause: Clause) -> None:
    assert clauses_table.state_of(clause, clauses_table.of_this_project()) == "decided"
    assert clauses_table.state_of(replace(clause, awaits=""), clauses_table.of_this_project()) == "built"


@pytest.mark.parametrize("facts", NO_ROOM_GIVES, ids=lambda facts: facts.__name__)
def test_which_facts_the_counter_leaves_as_they_are(facts: type) -> None:
    """A rule that turns on one of these is not built: it awaits something, or no function cites it."""
    counter = SOURCE / "honnin" / "municipality" / "counter"
    places = [*counter.rglob("facts.py"), counter / "cards" / "standing.py"]
    nodes = (node for path in places for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    calls = (node for node in nodes if isinstance(node, ast.Call))
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == facts.__name__]
    given = {keyword.arg for call in named for keyword in call.keywords}
    optional = {f.name for f in fields(facts) if (f.default, f.default_factory) != (MISSING, MISSING)}
    assert named
    assert optional - given == NO_ROOM_GIVES[facts]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f(renewal=False)", {"f"}),
        ("f(renewal=True)", {"f", "renewal="}),
        ("f(renewal=wanted)", {"f", "renewal=", "wanted"}),
        ("f(stay=None)", {"f"}),
        ("x = Generation.JUKI_CARD", {"Generation", "JUKI_CARD", "x"}),
        ("from honnin.law.kiosk_reset import kiosk_refusals", {"kiosk_refusals"}),
        ("def kiosk_refusals(): 'JUKI_CARD'", set()),
    ],
)
def test_words_that_a_room_uses(text: str, words: set[str]) -> None:
    assert {word for node in ast.walk(ast.parse(text)) for word in words_used(node)} == words
