"""Whether something may be done with a card that was made: who has it, and whether it is still one.

One answer for whoever writes onto a card: a PIN set again, the present entry, new certificates.
"""

from dataclasses import dataclass
from datetime import date

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.validity import has_expired


@dataclass(frozen=True, kw_only=True)
class CardStanding:
    """What is known of a card. `reported_lost`: by telephone, and its holder has not come to a counter since;
    `held`: a certificate on it is on hold.
    """

    expiry: date
    valid: bool = True
    belongs_to_applicant: bool = True
    reported_lost: bool = False
    held: bool = False


@cites("S3-4", "S4-2.2")
def card_refusals(card: CardStanding, on: date) -> tuple[Refusal, ...]:
    """Why a card is none to write onto: E_CARD_OTHERS for somebody else's, of which nothing more is said,
    E_CARD_INVALID for a lapsed one, E_CARD_EXPIRED. Its certificates may have expired: it stays valid.
    """
    if not card.belongs_to_applicant:
        return (Refusal("E_CARD_OTHERS", ("S4-2.2",)),)
    refusals: list[Refusal] = []
    if not card.valid:
        refusals.append(Refusal("E_CARD_INVALID", ("S4-2.2",)))
    if has_expired(card.expiry, on):
        refusals.append(Refusal("E_CARD_EXPIRED", ("S4-5.1.3", "S4-5.2.2")))
    return tuple(refusals)


@cites("S1-C5.1b")
def card_at_hand_refusals(card: CardStanding, on: date) -> tuple[Refusal, ...]:
    """Why nothing is done to the card that is shown: as above, and while it counts as lost.

    E_CARD_REPORTED_LOST until its holder comes to a counter, E_CERT_HELD until the hold is released.
    """
    lost = [Refusal("E_CARD_REPORTED_LOST", ("S1-C5.1b",))] * card.reported_lost
    held = [Refusal("E_CERT_HELD", ("S1-C5.1b",))] * card.held
    return (*card_refusals(card, on), *lost, *held)


def ending_refusals(card: CardStanding) -> tuple[Refusal, ...]:
    """Why a chip cannot be ended: E_CARD_STILL_VALID before the records have ended the card (our choice)."""
    return (Refusal("E_CARD_STILL_VALID"),) if card.valid else ()
