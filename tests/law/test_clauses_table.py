"""tools/clauses_table.py reads functions and tests from the source text, and derives each rule's state."""

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
    for name, text in [("src/honnin/room/acts.py", SOURCE), ("tests/room/test_acts.py", TEST)]:
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    return tmp_path


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


@pytest.mark.parametrize(
    ("functions", "tests", "states"),
    [
        ((), (), ["open", "open", "text", "out"]),
        (("S4-5.1", "S4-5.2"), ("S4-5.1",), ["built", "open", "text", "out"]),
        (("S4-5.1",), ("S4-5.1", "S4-5.2"), ["built", "open", "text", "out"]),
        (("S4-21", "S4-26"), ("S4-21", "S4-26"), ["open", "open", "text", "out"]),
    ],
)
def test_built_means_a_function_and_a_test(
    functions: tuple[str, ...], tests: tuple[str, ...], states: list[str]
) -> None:
    places = [dict.fromkeys(ids, ("somewhere",)) for ids in (functions, tests)]
    derived = [clauses_table.state_of(clause, *places) for clause in by_id(ENTRIES).values()]
    assert derived == states


def test_the_page_shows_rule_function_test_and_reason() -> None:
    page = clauses_table.table(
        by_id(ENTRIES), {"S4-5.1": ("honnin.law.f",)}, {"S4-5.1": ("tests/law/test_f.py",)}
    )
    assert "| S4-5.1 | It holds. *(terms art.5)* | built | `law.f` | `law/test_f.py` |" in page
    assert "| S4-26 | It holds. *(terms art.5)* Out: nobody can. | out |  |  |" in page
    assert "| **all** | **4** | **1** | **1** | **1** | **1** |" in page


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
