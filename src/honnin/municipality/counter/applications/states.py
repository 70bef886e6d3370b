"""The states of an application: in which a clerk may do what, and where it leads.

What is so for every application stands here; what one kind has of its own its procedure declares: its ways
from state to state, and its own words for a state. The states stand here, for an application keeps its state
where its procedure is registered no longer. Kinds that set PINs or bring certificates have some of their own;
any other carries out what was approved by way of CARRYING_OUT, where that takes steps, and CARRIED_OUT.

The guard asks these tables, the services write what they say, and docs/explanation/states.md is drawn from
them. Each state has an act that leads on, or is an end.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import models

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import Kind, kinds


class ApplicationState(models.TextChoices):
    """Where an application stands."""

    UNDER_EXAMINATION = "under_examination"
    REJECTED = "rejected"
    APPROVED = "approved"
    ISSUED = "issued"
    HANDED_OVER = "handed_over"
    SETTING_PINS = "setting_pins"  # the card may have some of the new PINs, or all
    PINS_SET = "pins_set"
    CARRYING_OUT = "carrying_out"  # begun, and neither as before nor done: it can only be gone on with
    CARRIED_OUT = "carried_out"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # what it brought lapsed before the hand-over, or its PINs cannot be set any more


State = ApplicationState
Act = CounterAct
UNFINISHED = (State.UNDER_EXAMINATION, State.APPROVED, State.SETTING_PINS, State.CARRYING_OUT)
PENDING = (*UNFINISHED, State.ISSUED)
Transitions = Mapping[ApplicationState, Mapping[CounterAct, ApplicationState]]

OF_ALL: Transitions = MappingProxyType(
    {
        State.UNDER_EXAMINATION: {
            Act.ADD_EVIDENCE: State.UNDER_EXAMINATION,
            Act.AMEND: State.UNDER_EXAMINATION,
            Act.APPROVE: State.APPROVED,
            Act.REJECT: State.REJECTED,
            Act.WITHDRAW: State.WITHDRAWN,
        },
        State.APPROVED: {Act.REJECT: State.REJECTED, Act.WITHDRAW: State.WITHDRAWN},
    }
)
OF_UNREGISTERED: Transitions = MappingProxyType(
    {
        State.UNDER_EXAMINATION: {Act.REJECT: State.REJECTED, Act.WITHDRAW: State.WITHDRAWN},
    }
)
"""What needs nothing of a procedure; of what was approved, the agency may have to be told by it."""


def transitions(*of: Kind) -> Transitions:
    """From each state, where each act leads: for every application, and for those of some kinds."""
    if not all(kind.registered for kind in of):
        return {state: OF_UNREGISTERED.get(state, {}) for state in State}
    tables = (OF_ALL, *(kind.transitions for kind in of))
    return {
        state: {act: to for table in tables for act, to in table.get(state, {}).items()} for state in State
    }


def every_transition() -> Transitions:
    """The same for applications of all kinds, from the states that those of some kind come to."""
    table = transitions(*kinds())
    reached = {State.UNDER_EXAMINATION, *(to for ways in table.values() for to in ways.values())}
    return {state: ways for state, ways in table.items() if state in reached}


def may_start(kind: Kind, state: str, act: CounterAct) -> bool:
    """Whether an act may start from a state; one that leads an application nowhere does not ask for it."""
    leads = any(act in ways for ways in every_transition().values())
    return not leads or act in transitions(kind)[State(state)]


def after(kind: Kind, state: str, act: CounterAct) -> ApplicationState:
    """Where an act leads. Raises KeyError for one that may not start there: the guard has seen to that."""
    return transitions(kind)[State(state)][act]
