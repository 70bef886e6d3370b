"""The loss of a card as it is reported: by telephone first, then at a counter, and what ends it otherwise.

Whatever becomes of the certificates, and whether there were any: a loss that was reported has an end.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from honnin.law.citation import cites


class Loss(StrEnum):
    """Whether a person's card is reported lost: until then and afterwards everything may be applied for."""

    NONE = "not reported lost"
    REPORTED = "reported lost"


class LossEvent(StrEnum):
    """What begins or ends a reported loss."""

    CALL = "report of loss by telephone"
    CALL_WITHOUT_CARD = "such a notice when no card is left"
    REPORT = "report at the counter"
    FOUND = "found: the hold is released"
    CARD_ENDED = "the card is taken back or ended"
    ENTRY_REMOVED = "the entry in the register is removed"


TRANSITIONS: Mapping[Loss, Mapping[LossEvent, Loss]] = MappingProxyType(
    {
        Loss.NONE: {LossEvent.CALL: Loss.REPORTED, LossEvent.CALL_WITHOUT_CARD: Loss.NONE},
        Loss.REPORTED: {
            LossEvent.CALL: Loss.REPORTED,
            LossEvent.CALL_WITHOUT_CARD: Loss.NONE,
            LossEvent.REPORT: Loss.NONE,
            LossEvent.FOUND: Loss.NONE,
            LossEvent.CARD_ENDED: Loss.NONE,
            LossEvent.ENTRY_REMOVED: Loss.NONE,
        },
    }
)
"""The transitions. Our choice: a reported loss ends with the last card, and none begins without a card."""


@cites("S1-C5.1a", "S1-C5.1b")
def is_lost_after(lost: bool, event: LossEvent) -> bool:
    """Whether the card is reported lost after an event. What is not in the table changes nothing."""
    state = Loss.REPORTED if lost else Loss.NONE
    return TRANSITIONS[state].get(event, state) is Loss.REPORTED
