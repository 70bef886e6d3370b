"""The catalogue, the functions and the tests belong together (docs/reference/clauses.md)."""

import ast
import re
from collections import Counter

import pytest
from tools import clauses_table

from honnin.law.catalogue import AREAS, Clause, clauses, is_known


def state_of(clause: str) -> str:
    return clauses_table.state_of(clauses()[clause], clauses_table.of_this_project())


def test_the_catalogue_holds_219_rules() -> None:
    assert len(clauses()) == 219


def test_each_document_and_each_area_has_its_number_of_rules() -> None:
    by_document = Counter(clause.split("-")[0] for clause in clauses())
    assert by_document == {"S0": 31, "S1": 41, "S2": 32, "S3": 33, "S4": 82}
    by_area = Counter(clause.area for clause in clauses().values())
    numbers = (7, 16, 11, 24, 8, 10, 6, 18, 13, 22, 14, 24, 6, 2, 32, 6)
    assert by_area == dict(zip(AREAS, numbers, strict=True))


def test_every_rule_is_one_sentence() -> None:
    odd = [c.id for c in clauses().values() if not re.fullmatch(r"[A-Z].*[^.]\.", c.rule) or "|" in c.rule]
    assert odd == []


def test_what_reads_built_is_walked_in_a_room_and_not_proved_by_the_law_alone() -> None:
    tests = clauses_table.of_this_project().tests
    built = [clause for clause in clauses() if state_of(clause) in ("built", "partly")]
    assert [each for each in built if all(test.startswith("tests/law/") for test in tests[each])] == []


def test_rules_that_say_the_same_are_in_the_same_state() -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for clause in clauses().values():
        said.setdefault((clause.rule, clause.generation), set()).add(state_of(clause.id))
    assert {rule: states for rule, states in said.items() if len(states) > 1} == {}


def test_functions_and_tests_cite_known_clauses_only() -> None:
    found = clauses_table.of_this_project()
    assert [cited for cited in [*found.functions, *found.tests] if not is_known(cited)] == []


def test_every_clause_that_the_sources_name_is_known() -> None:
    """In refusals too, which are shown to people with their clauses."""
    citation = re.compile(r'"(S[0-4]-[A-Z]?[0-9][0-9.a-z]*|[a-z-]+/[0-9][0-9-]*)"')
    sources = (clauses_table.ROOT / "src").rglob("*.py")
    named = {name for path in sources for name in citation.findall(path.read_text("utf-8"))}
    assert "S4-9b" in named
    assert "act/5" in named
    assert {name for name in named if not is_known(name)} == set()


def test_a_rule_that_a_function_carries_out_has_a_test() -> None:
    found = clauses_table.of_this_project()
    untested = {clause: names for clause, names in found.functions.items() if clause not in found.tests}
    assert {clause: names for clause, names in untested.items() if clause in clauses()} == {}


def test_every_rule_on_validity_is_decided_and_todays_are_built() -> None:
    validity = [clause for clause in clauses().values() if clause.area == "VAL"]
    assert [c.id for c in validity if state_of(c.id) not in ("built", "partly", "decided")] == []
    assert {state_of(name) for name in ("S4-5.1", "S4-5.2", "S1-C4a", "S1-C4d")} == {"built"}


def test_a_law_that_no_room_asks_is_not_called_built() -> None:
    """The Juki card is history: the law knows how long one lasted, and no counter issues one.

    Where a room asks the law and comes to another of its rules only, `test_awaited` holds the reasons.
    """
    assert {state_of(name) for name in ("S0-13", "S0-16", "S0-22")} == {"decided"}


SOURCE = clauses_table.ROOT / "src" / "honnin"


@pytest.mark.parametrize(
    "clause", [each for each in clauses().values() if each.shown], ids=lambda each: each.id
)
def test_a_text_that_is_shown_stands_where_the_table_says(clause: Clause) -> None:
    assert clause.words in (SOURCE / clause.shown).read_text("utf-8")


@pytest.mark.parametrize(
    "clause", [each for each in clauses().values() if each.kept_by], ids=lambda each: each.id
)
def test_what_keeps_a_rule_without_knowing_the_law_is_there(clause: Clause) -> None:
    module, _, name = clause.kept_by.rpartition(".")
    module, _, owner = module.rpartition(".")
    path = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    defined = {found for found, _ in clauses_table._definitions(clauses_table._parse(path))}
    assert f"{owner}.{name}" in defined


UNASKED = {
    "duty_after_lapse": "notices to holders and the public after a lapse",
    "Duty": "notices to holders and the public after a lapse",
    "card_renewal_refusals": "renewal of cards",
    "juki_certificate_expiry": "the Juki card, which is history",
    "pin_use_refusals": "nothing: the card keeps it, and a test compares both",
    "tries_left": "nothing: the card keeps it, and a test compares both",
}
"""Functions of the law that nobody asks, and what each waits for."""


def test_every_other_function_of_the_law_is_asked() -> None:
    defined = {
        name
        for path in (SOURCE / "law").rglob("*.py")
        for name, node in clauses_table._definitions(clauses_table._parse(path))
        if "." not in name and not name.startswith("_")
    }
    used = clauses_table.used_law(clauses_table.ROOT / "src")
    assert defined - used == set(UNASKED)


def ids_told_by_the_demo() -> set[str]:
    told = set()
    for path in (SOURCE / "simulator" / "demo").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "story_step"
            ):
                told |= {ast.literal_eval(argument) for argument in node.args[1:]}
    return told


def test_the_demo_shows_only_rules_that_are_built() -> None:
    told = ids_told_by_the_demo()
    assert len(told) > 30
    assert {name for name in told if not is_known(name)} == set()
    assert {name: state_of(name) for name in told & clauses().keys()}.items() <= {
        (name, state) for name in told for state in ("built", "partly")
    }


def test_the_table_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert clauses_table.main(["--check"]) == 0, capsys.readouterr().err
