"""A statutory agent comes for those alone of whom the law knows one."""

from datetime import date

import pytest

from honnin.law.counter.identity import (
    Evidence,
    IdentityDocument,
    ProxyFacts,
    ProxyKind,
    agent_refusals,
    has_statutory_agent,
    proxy_kinds,
)

TODAY = date(2026, 6, 1)
LICENCE = Evidence(documents=frozenset({IdentityDocument.DRIVING_LICENCE}), retained=True)


def proxy(kind: ProxyKind) -> ProxyFacts:
    return ProxyFacts(kind=kind, mandate=True, evidence=LICENCE)


@pytest.mark.parametrize(
    ("birth_date", "on", "known"),
    [
        (date(2008, 6, 2), TODAY, True),
        (date(2008, 6, 1), TODAY, False),
        (date(2002, 4, 1), date(2022, 3, 31), True),
        (date(2002, 3, 31), date(2022, 3, 31), False),
        (date(2002, 4, 2), date(2022, 4, 1), False),
    ],
)
def test_minors_have_one_until_they_come_of_age(birth_date: date, on: date, known: bool) -> None:
    assert has_statutory_agent(birth_date, on, adult_ward=False) is known
    assert has_statutory_agent(birth_date, on, adult_ward=True)
    assert (ProxyKind.STATUTORY_AGENT in proxy_kinds(birth_date, on, adult_ward=False)) is known


@pytest.mark.parametrize(
    ("age", "ward", "alone", "kind", "codes"),
    [
        (40, False, False, ProxyKind.STATUTORY_AGENT, ["E_AGENT_UNKNOWN_TO_LAW"]),
        (40, False, False, ProxyKind.MANDATED, []),
        (40, False, False, None, []),
        (40, True, False, ProxyKind.STATUTORY_AGENT, []),
        (40, True, False, None, ["E_AGENT_REQUIRED"]),
        (40, True, True, None, []),
        (16, False, False, ProxyKind.STATUTORY_AGENT, []),
        (16, False, False, None, []),
        (14, False, False, ProxyKind.MANDATED, ["E_AGENT_REQUIRED"]),
        (14, False, False, ProxyKind.STATUTORY_AGENT, []),
    ],
)
def test_who_may_and_who_must_come_for_somebody(
    age: int, ward: bool, alone: bool, kind: ProxyKind | None, codes: list[str]
) -> None:
    came = None if kind is None else proxy(kind)
    born = date(TODAY.year - age, 1, 1)
    found = agent_refusals(came, born, TODAY, adult_ward=ward, ward_alone=alone)
    assert [refusal.code for refusal in found] == codes
