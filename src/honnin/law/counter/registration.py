"""Whether somebody stands in the resident register: what every procedure at a counter asks first."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.citation import cites


class Registration(StrEnum):
    """How somebody stands in a municipality's register. An entry that was removed does not come back."""

    RECORDED = "recorded"
    NEVER = "never recorded"
    MOVED_OUT = "moved out"
    ABROAD = "moved abroad with the card"
    REMOVED = "removed otherwise"


_REFUSAL: Mapping[Registration, Refusal] = MappingProxyType(
    {
        Registration.NEVER: Refusal("E_NOT_RESIDENT", ("S4-2.1",)),
        Registration.MOVED_OUT: Refusal("E_MOVED_OUT", ("S4-2.1",)),
        Registration.ABROAD: Refusal("E_MOVED_ABROAD", ("S4-2.1",)),
        Registration.REMOVED: Refusal("E_ENTRY_REMOVED", ("S4-2.1",)),
    }
)


@cites("S4-2.1")
def registration_refusals(found: Registration) -> tuple[Refusal, ...]:
    """Why nothing is done for somebody at this counter (規約第2条第1項); empty for who is recorded.

    E_NOT_RESIDENT for who never was, E_MOVED_OUT, E_MOVED_ABROAD and E_ENTRY_REMOVED for who is no longer:
    nothing can be put right there, so no other reason counts beside it.
    """
    return (_REFUSAL[found],) if found in _REFUSAL else ()
