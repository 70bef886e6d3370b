"""How the list of letters that are due is looked up: nobody's cards or letters are sought in all of them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connections

from honnin.agency.card_register.queries import cards_of
from honnin.agency.notices import queries
from honnin.agency.records.queries import records_for_application
from honnin.identifiers import MunicipalityCode, PersonCode

pytestmark = pytest.mark.django_db(databases="__all__")
ON = date(2030, 12, 20)


def plans(*, act: str) -> list[str]:
    """What SQLite says how it looks up each statement of an act."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connections["agency"].execute_wrapper(note):
        ACTS[act]()
    found = []
    with connections["agency"].cursor() as cursor:
        for sql, parameters in asked:
            if sql.startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
                found += [row[3] for row in cursor.fetchall()]
    return found


ACTS: dict[str, Callable[[], object]] = {
    "letters that are due": lambda: list(queries.due(ON, MunicipalityCode("99101"))),
    "cards of a person": lambda: cards_of(PersonCode("99000000001")),
    "what an application brought": lambda: records_for_application("99101-1", PersonCode("99000000001")),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_table_is_read_whole(act: str) -> None:
    found = plans(act=act)
    assert found
    scanned = [line for line in found if line.startswith("SCAN")]
    # The certificates themselves may be read in the order of persons.
    assert [line for line in scanned if "USING INDEX" not in line] == []
