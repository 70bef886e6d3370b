"""`@cites` and the catalogue it is checked against."""

import pytest

from honnin.law import validity
from honnin.law.catalogue import Clause, articles, by_id, clause_from, clauses
from honnin.law.citation import UnknownClause, cited, cites

ENTRY = {
    "id": "S9-1",
    "area": "VAL",
    "generation": "number_card",
    "who": "system",
    "rule": "Something holds.",
    "clause": "terms art.99",
    "disposition": "rule",
}


def test_a_citation_is_data_on_the_function() -> None:
    assert "S4-5.1" in validity.signature_expiry.__cites__  # type: ignore[attr-defined]
    assert "honnin.law.validity.signature_expiry" in cited()["S4-5.1"]


def test_a_cited_function_is_the_function_itself() -> None:
    def answer(number: int) -> int:
        return number + 1

    assert cites("S4-5.1")(answer) is answer
    assert answer(1) == 2


@pytest.mark.parametrize("ids", [("S4-99",), ("act/999",), ("S4-5.1", "S4-5.1.9"), ("s4-5.1",)])
def test_an_unknown_citation_is_an_error_at_once(ids: tuple[str, ...]) -> None:
    with pytest.raises(UnknownClause):
        cites(*ids)


def test_a_citation_names_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        cites()


def test_a_function_is_registered_once() -> None:
    name = "honnin.law.validity.signature_expiry"
    cites("S4-5.1")(validity.signature_expiry)
    assert cited()["S4-5.1"].count(name) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"area": "XYZ"}, "unknown area"),
        ({"disposition": "maybe"}, "unknown disposition"),
        ({"generation": "next_card"}, "next_card"),
        ({"disposition": "out"}, "says why"),
        ({"reason": "because"}, "says why"),
        ({"disposition": "text", "awaits": "renewal"}, "await"),
    ],
)
def test_a_faulty_entry_is_refused(change: dict[str, str], fault: str) -> None:
    assert isinstance(clause_from(ENTRY), Clause)
    with pytest.raises(ValueError, match=fault):
        clause_from({**ENTRY, **change})


def test_an_id_is_used_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        by_id([ENTRY, ENTRY])


def test_clauses_and_articles_are_told_apart() -> None:
    assert not set(clauses()) & set(articles())
    assert all("/" in article for article in articles())
