"""What issue, renewal and reset cost where a text names the amount.

Amounts that a municipality sets itself (the card of either generation, its replacement) are not here:
they are its own table. Collects nothing and refuses nothing.
"""

from enum import StrEnum

from honnin.law.citation import cites
from honnin.law.terms import Generation

JUKI_CERTIFICATE_YEN = 500
REPLACEMENT_CERTIFICATES_YEN = 200


class FeeOccasion(StrEnum):
    """Why certificates are written or a PIN is set again."""

    FIRST_ISSUE = "first_issue"
    RENEWAL = "renewal"
    AFTER_EXPIRY = "after_expiry"
    AFTER_CHANGE_OF_ENTRY = "after_change_of_entry"
    OWN_FAULT = "own_fault"
    KIOSK_RESET = "kiosk_reset"


@cites("S0-15", "S0-26", "S3-3", "S2-K4", "act/67")
def certificate_fee(generation: Generation, occasion: FeeOccasion) -> int:
    """Yen for the certificates of one card.

    Juki card: 500 each time, also for renewal and after a loss. Number Card: nothing, except 200 for both
    certificates on a card replaced through the holder's own fault. Raises ValueError for a reset at a
    kiosk with a Juki card, which has none.
    """
    if generation is Generation.JUKI_CARD:
        if occasion is FeeOccasion.KIOSK_RESET:
            raise ValueError("no kiosk takes a Juki card")
        return JUKI_CERTIFICATE_YEN
    return REPLACEMENT_CERTIFICATES_YEN if occasion is FeeOccasion.OWN_FAULT else 0
