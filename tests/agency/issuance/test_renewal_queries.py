"""How often a renewal asks the agency's database: each row once for each message, all acts in one go."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from honnin.agency.records.models import JournalEntry
from honnin.law.terms import Purpose
from honnin.simulator.brought import AUTHENTICATION, BOTH
from tests.support.agency.renewals import Renewal, due
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
ACTS = {
    "begin renewal": 1,
    "ask card for keys": 1,
    "write renewed certificates": 1,
    "finish renewal": 1,
}
OF_EACH = {"revoked": 1, "issue": 1, "deliver": 1}
"""Of each certificate, beside."""


def asked(act: Callable[[], object]) -> Counter[str]:
    """The statements of an act, by their first word."""
    seen: Counter[str] = Counter()

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen[sql.split(None, 1)[0]] += 1
        return execute(sql, *rest)

    with connections["agency"].execute_wrapper(count):
        act()
    return seen


@pytest.mark.parametrize(
    ("purposes", "selects", "inserts", "updates"),
    [(BOTH, 25, 9, 14), (AUTHENTICATION, 24, 7, 11)],
    ids=["both", "one"],
)
def test_a_renewal_asks_no_more_than_it_needs(
    town: Town, purposes: frozenset[Purpose], selects: int, inserts: int, updates: int
) -> None:
    renewal = Renewal(town, due(town), purposes)
    request = renewal.request()
    renewal.request = lambda: request  # type: ignore[method-assign]  # the counter's own questions
    before = JournalEntry.objects.count()
    seen = asked(renewal.carry_out)
    entries = JournalEntry.objects.order_by("sequence")[before:]
    assert Counter(entry.act for entry in entries) == Counter(ACTS | {act: len(purposes) for act in OF_EACH})
    renewal.require_renewed()
    assert (seen["SELECT"], seen["INSERT"], seen["UPDATE"]) == (selects, inserts, updates)
