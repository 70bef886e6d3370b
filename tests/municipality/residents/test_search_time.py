"""A search page takes as long among 300,000 residents as among 300, on both engines."""

import pytest
from benchmarks import searches

from tests.support.databases import postgresql
from tests.support.databases.engines import require_postgresql


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_page_does_not_take_longer_among_many(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "sqlite":
        taken = list(searches.measured(searches.MANY))
    else:
        require_postgresql()
        with postgresql.server() as address:
            for name in ("few", "many"):
                place = f"HONNIN_MUNICIPALITY_DATABASE_{name.upper()}"
                monkeypatch.setenv(place, postgresql.create_database(address, name))
            taken = list(searches.measured(searches.MANY))
    slow = {name: (few, many) for name, few, many in taken if many > few * searches.LIMIT}
    assert slow == {}
