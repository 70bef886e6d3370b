"""The life of an application: in which state a clerk may do what, and where it leads.

The guard asks this table, the services write what it says, and docs/explanation/states.md is drawn from it.
Each state has an act that leads on, or is an end.
"""

from collections.abc import Mapping
from types import MappingProxyType

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.models import ApplicationState

State = ApplicationState
Act = CounterAct

TRANSITIONS: Mapping[ApplicationState, Mapping[CounterAct, ApplicationState]] = MappingProxyType(
    {
        State.UNDER_EXAMINATION: {
            Act.ADD_EVIDENCE: State.UNDER_EXAMINATION,
            Act.AMEND: State.UNDER_EXAMINATION,
            Act.APPROVE: State.APPROVED,
            Act.REJECT: State.REJECTED,
            Act.WITHDRAW: State.WITHDRAWN,
        },
        State.APPROVED: {
            Act.ISSUE: State.ISSUED,  # an application for certificates
            Act.SET_PINS: State.SETTING_PINS,  # one for PINs
            Act.REJECT: State.REJECTED,
            Act.WITHDRAW: State.WITHDRAWN,
        },
        State.ISSUED: {Act.HAND_OVER: State.HANDED_OVER, Act.END: State.ENDED},
        State.SETTING_PINS: {Act.SET_PINS: State.PINS_SET, Act.END: State.ENDED},
        State.REJECTED: {},
        State.WITHDRAWN: {},
        State.HANDED_OVER: {},
        State.PINS_SET: {},
        State.ENDED: {},
    }
)

STEPS: Mapping[CounterAct, frozenset[ApplicationState]] = MappingProxyType(
    {
        act: frozenset(state for state, ways in TRANSITIONS.items() if act in ways)
        for ways in TRANSITIONS.values()
        for act in ways
    }
)
"""From which states an act may start; an act that is not here does not ask for the state."""


def after(state: str, act: CounterAct) -> ApplicationState:
    """Where an act leads. Raises KeyError for one that may not start there: the guard has seen to that."""
    return TRANSITIONS[State(state)][act]
