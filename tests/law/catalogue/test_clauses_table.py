"""tools/clauses_table.py reads functions and tests from the source text, and derives each rule's state."""

from dataclasses import replace
from pathlib import Path

import pytest
from tools import clauses_table

from honnin.law.catalogue import by_id

DISPOSITIONS = {"S4-5.1": "rule", "S4-5.2": "procedure", "S4-21": "text", "S4-26": "out"}
ENTRIES = [
    {
        "id": name,
        "area": "VAL",
        "generation": "number_card",
        "who": "system",
        "rule": "It holds.",
        "clause": "terms art.5",
        "disposition": disposition,
        "reason": "nobody can" if disposition == "out" else "",
    }
    for name, disposition in DISPOSITIONS.items()
]

SOURCE = '''
from honnin.law import citation
from honnin.law.citation import cites

@cites("S4-5.1", "act/5")
def plain(): ...

class Counter:
    @citation.cites("S4-5.2")
    def method(self): ...

def outer():
    if True:
        @cites("S4-21")
        async def inner(): ...

def bare():
    """Mentions @cites("S4-26") and cites nothing."""
    excites("S4-26")
'''

TEST = """
import pytest

pytestmark = [pytest.mark.clause("S4-26")]

@pytest.mark.clause("S4-5.1")
def test_one(): ...

class TestGroup:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.clause("S4-21", "act/5"))])
    def test_two(self, x): ...

def test_text():
    assert "pytest.mark.clause('S4-6')" and other.clause("S4-7")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay_out(tmp_path, {"src/honnin/room/acts.py": SOURCE, "tests/room/test_acts.py": TEST})
    return tmp_path


def lay_out(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_functions_are_found_wherever_they_are_defined(project: Path) -> None:
    assert clauses_table.cited_functions(project / "src") == {
        "S4-21": ("honnin.room.acts.outer.inner",),
        "S4-5.1": ("honnin.room.acts.plain",),
        "S4-5.2": ("honnin.room.acts.Counter.method",),
        "act/5": ("honnin.room.acts.plain",),
    }


def test_tests_are_found_by_mark_of_function_parameter_and_module(project: Path) -> None:
    found = clauses_table.clause_tests(project / "tests")
    assert found == dict.fromkeys(["S4-21", "S4-26", "S4-5.1", "act/5"], ("tests/room/test_acts.py",))


@pytest.mark.parametrize("argument", ["NAME", "*IDS", "f'S4-{n}'", "5"])
def test_a_citation_is_written_out(project: Path, argument: str) -> None:
    path = project / "tests" / "room" / "test_acts.py"
    path.write_text(f"import pytest\n@pytest.mark.clause({argument})\ndef test_one(): ...\n", "utf-8")
    with pytest.raises(ValueError, match="plain string"):
        clauses_table.clause_tests(project / "tests")


LAW = """
LIMIT = 3
@cites("S4-5.1")
def asked(): return _inner() + CHECKS[0]()
@cites("S4-5.2")
def _inner(): ...
@cites("act/5")
def unasked(): return also_unasked()
@cites("act/6")
def also_unasked(): return unasked()
@cites("act/12")
def in_a_table(): ...
CHECKS = (in_a_table,)
"""

ROOMS = {
    "from honnin.law.rules import asked": {"asked", "_inner", "in_a_table", "CHECKS"},
    "from honnin.law import rules as law\nlaw.asked()": {"asked", "_inner", "in_a_table", "CHECKS"},
    "def act():\n    from honnin.law.rules import CHECKS": {"in_a_table", "CHECKS"},
    "from honnin.law.rules import LIMIT\nother.asked()": {"LIMIT"},
    "from honnin.lawful import asked": set(),
    "'honnin.law.rules.asked'\ndef asked(): ...": set(),
}


@pytest.mark.parametrize(("room", "used"), ROOMS.items())
def test_what_of_the_law_the_rooms_use(tmp_path: Path, room: str, used: set[str]) -> None:
    lay_out(tmp_path, {"honnin/law/rules.py": LAW, "honnin/room/acts.py": room})
    assert clauses_table.used_law(tmp_path) == used


def test_the_demo_is_not_a_room_that_acts(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {"honnin/law/rules.py": LAW, "honnin/simulator/demo/story.py": "from honnin.law.rules import asked"},
    )
    assert clauses_table.used_law(tmp_path) == set()


@pytest.mark.parametrize(
    ("function", "used", "state"),
    [
        ("honnin.law.rules.asked", {"asked"}, "built"),
        ("honnin.law.rules.Facts.method", {"Facts"}, "built"),
        ("honnin.law.rules.asked", {"unasked"}, "decided"),
        ("honnin.law.rules.asked", set(), "decided"),
        ("honnin.room.acts.asked", set(), "built"),
    ],
)
def test_decided_means_that_no_room_asks_the_law(function: str, used: set[str], state: str) -> None:
    clause = by_id(ENTRIES)["S4-5.1"]
    places = {"S4-5.1": (function,)}
    assert clauses_table.state_of(clause, clauses_table.Scan(places, places, frozenset(used))) == state
    assert clauses_table.state_of(clause, clauses_table.Scan(places, {}, frozenset(used))) == "open"


def test_a_rule_that_awaits_something_is_decided_though_its_function_is_used() -> None:
    awaiting = replace(by_id(ENTRIES)["S4-5.1"], awaits="renewal")
    places = {"S4-5.1": ("honnin.law.rules.asked",)}
    found = clauses_table.Scan(places, places, frozenset({"asked"}))
    assert clauses_table.state_of(awaiting, found) == "decided"
    page = clauses_table.table({"S4-5.1": awaiting}, found)
    assert "| decided, awaits renewal | `law.rules.asked` |" in page


def test_a_rule_that_is_reached_in_part_says_what_it_lacks() -> None:
    lacking = replace(by_id(ENTRIES)["S4-5.1"], lacks="the other half")
    places = {"S4-5.1": ("honnin.room.acts.act",)}
    found = clauses_table.Scan(places, places)
    assert clauses_table.state_of(lacking, found) == "partly"
    assert "| partly, lacks the other half |" in clauses_table.table({"S4-5.1": lacking}, found)
    assert clauses_table.state_of(replace(lacking, awaits="renewal"), found) == "decided"


def test_a_rule_that_the_card_keeps_is_built_by_it() -> None:
    kept = replace(by_id(ENTRIES)["S4-5.1"], kept_by="card.chip.card.Card.transmit")
    assert clauses_table.state_of(kept, clauses_table.Scan({}, {})) == "open"
    assert (
        clauses_table.state_of(kept, clauses_table.Scan({}, {"S4-5.1": ("tests/card/chip/test_pins.py",)}))
        == "built"
    )


def test_a_text_is_shown_or_not_yet() -> None:
    text = by_id(ENTRIES)["S4-21"]
    assert clauses_table.state_of(text, clauses_table.Scan({}, {})) == "not yet"
    shown = replace(text, shown="room/templates/page.html", words="Rights stay.")
    page = clauses_table.table({"S4-21": shown}, clauses_table.Scan({}, {}))
    assert "| shown | `room/templates/page.html` |" in page


@pytest.mark.parametrize(
    "more",
    [
        {"lacks": "a half", "awaits": "renewal"},
        {"shown": "a/page.html", "words": "so"},
        {"disposition": "text", "shown": "a/page.html"},
        {"disposition": "text", "lacks": "a half"},
        {"disposition": "text", "kept_by": "card.card"},
    ],
)
def test_an_entry_that_says_what_cannot_be_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"S4-5\.1"):
        by_id([ENTRIES[0] | more])


def test_one_function_in_use_is_enough() -> None:
    places = {"S4-5.1": ("honnin.law.rules.unasked", "honnin.room.acts.act")}
    assert clauses_table.state_of(by_id(ENTRIES)["S4-5.1"], clauses_table.Scan(places, places)) == "built"


@pytest.mark.parametrize(
    ("functions", "tests", "states"),
    [
        ((), (), ["open", "open", "not yet", "out"]),
        (("S4-5.1", "S4-5.2"), ("S4-5.1",), ["built", "open", "not yet", "out"]),
        (("S4-5.1",), ("S4-5.1", "S4-5.2"), ["built", "open", "not yet", "out"]),
        (("S4-21", "S4-26"), ("S4-21", "S4-26"), ["open", "open", "not yet", "out"]),
    ],
)
def test_built_means_a_function_and_a_test(
    functions: tuple[str, ...], tests: tuple[str, ...], states: list[str]
) -> None:
    scan = clauses_table.Scan(dict.fromkeys(functions, ("somewhere",)), dict.fromkeys(tests, ("somewhere",)))
    derived = [clauses_table.state_of(clause, scan) for clause in by_id(ENTRIES).values()]
    assert derived == states


def test_the_page_shows_rule_function_test_and_reason() -> None:
    functions = {"S4-5.1": ("honnin.law.rules.f",), "S4-5.2": ("honnin.law.rules.g",)}
    tests = dict.fromkeys(functions, ("tests/law/test_f.py",))
    page = clauses_table.table(by_id(ENTRIES), clauses_table.Scan(functions, tests, frozenset({"f"})))
    assert "| S4-5.1 | It holds. *(terms art.5)* | built | `law.rules.f` | `law/test_f.py` |" in page
    assert "| S4-5.2 | It holds. *(terms art.5)* | decided | `law.rules.g` | `law/test_f.py` |" in page
    assert "| S4-26 | It holds. *(terms art.5)* Out: nobody can. | out |  |  |" in page
    states = "built | partly | decided | open | shown | not yet | out"
    assert f"| area | rules | {states} |\n|---|---|---|---|---|---|---|---|---|\n" in page
    assert "| **all** | **4** | **1** | **0** | **1** | **0** | **0** | **1** | **1** |" in page


def test_check_fails_until_the_table_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clauses_table, "ROOT", project)
    monkeypatch.setattr(clauses_table, "TABLE", project / "docs" / "reference" / "clauses.md")
    assert clauses_table.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
    assert clauses_table.main([]) == 0
    assert clauses_table.main(["--check"]) == 0
    (project / "tests" / "room" / "test_acts.py").unlink()
    assert clauses_table.main(["--check"]) == 1
