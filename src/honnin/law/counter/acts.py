"""What a clerk may do at a municipality's counter, and to whom: one table, one question, all refusals.

The terms name the counter of the municipality of residence for every procedure of this service. That nobody
acts on their own papers, and that somebody else's resident is looked at for a reason alone, no text decides:
our choices (docs/decisions/0017).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites


class CounterAct(StrEnum):
    """Everything that a clerk does to a person, an application, a certificate or a card."""

    RECEIVE = auto()
    AMEND = auto()
    WITHDRAW = auto()
    ADD_EVIDENCE = auto()
    APPROVE = auto()
    REJECT = auto()
    ISSUE = auto()
    SET_PINS = auto()
    HAND_OVER = auto()
    PROVE_PINS = auto()
    RENEW = auto()
    END = auto()
    REPORT_LOSS = auto()
    RELEASE = auto()
    REVOKE = auto()
    RECORD_ERROR = auto()
    CHANGE_ADDRESS = auto()
    MOVE_OUT = auto()
    MOVE_IN = auto()
    MOVE_ABROAD = auto()
    RECORD_BIRTH = auto()
    CHANGE_ENTRY = auto()
    REMOVE_ENTRY = auto()
    UPDATE_CARD = auto()
    CLEAR_CARD = auto()
    TAKE_CARD_BACK = auto()
    LOOK_AT_PERSON = auto()
    LOOK_AT_APPLICATION = auto()
    LOOK_AT_COPY = auto()


@dataclass(frozen=True)
class Rule:
    """Who may: the clauses for the municipality of residence, and the two exceptions.

    `oneself`: also what concerns the clerk in person. `for_a_reason`: another municipality's resident too,
    once the clerk has said why.
    """

    clauses: tuple[str, ...]
    oneself: bool = False
    for_a_reason: bool = False


RULES: Mapping[CounterAct, Rule] = MappingProxyType(
    {
        CounterAct.RECEIVE: Rule(("S4-3.1",)),
        CounterAct.AMEND: Rule(("S4-3.1",)),
        CounterAct.WITHDRAW: Rule(("S4-3.1",)),
        CounterAct.ADD_EVIDENCE: Rule(("S4-3.1",)),
        CounterAct.APPROVE: Rule(("S4-3.1",)),
        CounterAct.REJECT: Rule(("S4-3.1",)),
        CounterAct.ISSUE: Rule(("S4-3.1",)),
        CounterAct.SET_PINS: Rule(("S1-C2.2b", "S2-2.2b")),
        CounterAct.HAND_OVER: Rule(("S4-3.1",)),
        CounterAct.PROVE_PINS: Rule(("S3-7", "S3-P4")),
        CounterAct.RENEW: Rule(("S3-7", "S3-P4")),
        CounterAct.END: Rule(("S4-3.1",)),
        CounterAct.REPORT_LOSS: Rule(("S1-C5.1b",)),
        CounterAct.RELEASE: Rule(("S4-9b", "S1-C5.1d")),
        CounterAct.REVOKE: Rule(("S1-E5", "S2-5")),
        CounterAct.RECORD_ERROR: Rule(("act/13", "act/32")),
        CounterAct.CHANGE_ADDRESS: Rule(("S1-C3",)),
        CounterAct.MOVE_OUT: Rule(("act/12",)),
        CounterAct.MOVE_IN: Rule(("register-act/22",)),
        CounterAct.MOVE_ABROAD: Rule(("register-act/24",)),
        CounterAct.RECORD_BIRTH: Rule(("register-act/8",)),
        CounterAct.CHANGE_ENTRY: Rule(("act/12",)),
        CounterAct.REMOVE_ENTRY: Rule(("act/12",)),
        CounterAct.UPDATE_CARD: Rule(("S1-C3",)),
        CounterAct.CLEAR_CARD: Rule(("S1-C3",)),
        CounterAct.TAKE_CARD_BACK: Rule(("S1-E5",)),
        CounterAct.LOOK_AT_PERSON: Rule(("S4-3.1",), oneself=True, for_a_reason=True),
        CounterAct.LOOK_AT_APPLICATION: Rule(("S4-3.1",), oneself=True),
        CounterAct.LOOK_AT_COPY: Rule(("S4-3.1",), oneself=True),
    }
)


@dataclass(frozen=True, kw_only=True)
class ActFacts:
    """All that the decision rests on.

    `own_municipality`: the clerk's municipality has the person in its register or, for an application, has
    received it (whether the applicant still lives there is examined). `oneself`: the person is the clerk.
    `proxy_is_clerk`: who came as proxy has the clerk's name. `reason_given`: the clerk has just said why
    another municipality's resident must be looked at.
    """

    own_municipality: bool
    oneself: bool = False
    proxy_is_clerk: bool = False
    reason_given: bool = False


@cites("S4-3.1", "S1-C2.2b", "S2-2.2b", "S1-C5.1b", "S1-C5.1d", "S4-9b", "S1-E5", "S2-5", "S3-7", "S3-P4")
def refusals_to_act(act: CounterAct, facts: ActFacts) -> tuple[Refusal, ...]:
    """Every reason why this clerk may not do this to this person; empty when the clerk may.

    E_OFFICE_WRONG at any counter but that of the municipality of residence, E_OWN_APPLICATION for what
    concerns the clerk, E_OWN_PROXY where the clerk's namesake is the proxy (our choice: a name is all that an
    application says of a proxy, and a colleague is always at hand).
    """
    rule = RULES[act]
    refusals: list[Refusal] = []
    if not (facts.own_municipality or (rule.for_a_reason and facts.reason_given)):
        refusals.append(Refusal("E_OFFICE_WRONG", rule.clauses))
    if facts.oneself and not rule.oneself:
        refusals.append(Refusal("E_OWN_APPLICATION"))
    if facts.proxy_is_clerk and not rule.oneself:
        refusals.append(Refusal("E_OWN_PROXY"))
    return tuple(refusals)
