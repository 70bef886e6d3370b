"""Who may what at a counter: the whole table, each row asked."""

import pytest

from honnin.errors import explain
from honnin.law.catalogue import is_known
from honnin.law.counter.acts import RULES, ActFacts, CounterAct, refusals_to_act

LOOKS = {CounterAct.LOOK_AT_PERSON, CounterAct.LOOK_AT_APPLICATION, CounterAct.LOOK_AT_COPY}


def codes(act: CounterAct, **facts: bool) -> list[str]:
    return [
        refusal.code for refusal in refusals_to_act(act, ActFacts(**({"own_municipality": True} | facts)))
    ]


@pytest.mark.clause("S4-3.1", "S1-C2.2b", "S2-2.2b", "S1-C5.1b", "S1-C5.1d", "S4-9b", "S1-E5", "S2-5")
@pytest.mark.parametrize("act", CounterAct)
def test_every_act_is_the_municipality_of_residences(act: CounterAct) -> None:
    assert codes(act) == []
    assert codes(act, own_municipality=False) == ["E_OFFICE_WRONG"]
    for clause in RULES[act].clauses:
        assert is_known(clause)


@pytest.mark.parametrize("act", CounterAct)
def test_a_reason_opens_nothing_but_a_look_at_the_entry(act: CounterAct) -> None:
    allowed = codes(act, own_municipality=False, reason_given=True) == []
    assert allowed is (act is CounterAct.LOOK_AT_PERSON)


@pytest.mark.parametrize("act", CounterAct)
def test_nobody_acts_on_their_own_papers_and_anybody_may_look_at_them(act: CounterAct) -> None:
    assert codes(act, oneself=True) == ([] if act in LOOKS else ["E_OWN_APPLICATION"])
    assert codes(act, proxy_is_clerk=True) == ([] if act in LOOKS else ["E_OWN_PROXY"])


def test_all_refusals_come_at_once_and_each_has_its_sentence() -> None:
    found = codes(CounterAct.ISSUE, own_municipality=False, oneself=True, proxy_is_clerk=True)
    assert found == ["E_OFFICE_WRONG", "E_OWN_APPLICATION", "E_OWN_PROXY"]
    assert all(explain(code, language).remedy for code in found for language in ("ja", "en"))


def test_every_act_has_its_rule() -> None:
    assert set(RULES) == set(CounterAct)
