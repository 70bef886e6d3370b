"""Whether PINs may be set again at a counter (terms 10): one question, all refusals.

Who forgot a PIN, or blocked it by wrong entries in a row, applies for it: the law asks not why, but who. What
the new PIN may be is said in `pins`.
"""

from dataclasses import dataclass, field
from datetime import date

from honnin.errors import Refusal
from honnin.law.cards.permission import card_at_hand_refusals
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.counter.channels import Applied, Channel, channel_refusals
from honnin.law.counter.eligibility import CardFacts
from honnin.law.counter.identity import (
    Evidence,
    ProxyFacts,
    agent_refusals,
    identity_refusals,
    proxy_refusals,
)


@dataclass(frozen=True, kw_only=True)
class PinResetFacts:
    """All that the decision rests on.

    `reported_lost`: and the holder has not come to a counter since. `adult_ward`: the holder has a guardian,
    who may come.
    """

    pins: frozenset[PinKind]
    birth_date: date = field(repr=False)
    resident: bool
    own_municipality: bool
    card: CardFacts | None
    identity: Evidence
    channel: Channel = Channel.COUNTER
    adult_ward: bool = False
    proxy: ProxyFacts | None = None
    reported_lost: bool = False


@cites("S4-10.1", "S4-10.2", "S0-24")
def refusals_to_reset_pins(facts: PinResetFacts, on: date) -> tuple[Refusal, ...]:
    """Every reason why the PINs cannot be set again on a day; empty when they can."""
    found = (
        *_residence_refusals(facts),
        *channel_refusals(Applied.PIN_RESET, facts.channel),
        *([] if facts.pins else [Refusal("E_FORM_INCOMPLETE", ("S4-10.3",))]),
        *_identity_refusals(facts, on),
        *_card_refusals(facts, on),
    )
    return tuple(dict.fromkeys(found))


def refusals_foreseen(facts: PinResetFacts, on: date) -> tuple[Refusal, ...]:
    """Of these the ones that nothing helps against that is shown: told before anything is asked for."""
    return tuple(dict.fromkeys((*_residence_refusals(facts), *_card_refusals(facts, on))))


@cites("S1-C2.2b", "S1-E2.2c", "S2-2.2b")
def _residence_refusals(facts: PinResetFacts) -> tuple[Refusal, ...]:
    """At the counter of the municipality whose register has the holder."""
    if not facts.resident:
        return (Refusal("E_NOT_RESIDENT", ("S2-2.2b",)),)
    return () if facts.own_municipality else (Refusal("E_OFFICE_WRONG", ("S2-2.2b",)),)


@cites("S4-10.3", "S4-10.4")
def _identity_refusals(facts: PinResetFacts, on: date) -> tuple[Refusal, ...]:
    """規約第10条第3項・第4項: documents and mandates as for an application, copied and kept.

    Our choice, as for an application: for a child under 15 the statutory agent comes; a ward may come alone.
    """
    holder = identity_refusals(facts.identity, facts.proxy)
    proxy = proxy_refusals(facts.proxy)
    refusals = [Refusal(each.code, ("S4-10.3",), each.details) for each in holder]
    refusals += [Refusal(each.code, ("S4-10.4",), each.details) for each in proxy]
    ward = facts.adult_ward
    agent = agent_refusals(facts.proxy, facts.birth_date, on, adult_ward=ward, ward_alone=ward)
    return (*refusals, *agent)


@cites("S1-C5.1b", "rules/42")
def _card_refusals(facts: PinResetFacts, on: date) -> tuple[Refusal, ...]:
    """The holder's own valid card, which nobody has reported lost.

    A certificate on hold is in nobody's way (our choice): who found the card with its PIN blocked has the PIN
    set again first, and the card signs for the release with it.
    """
    card = facts.card
    if card is None:
        return (Refusal("E_CARD_NONE", ("S4-10.1",)),)
    without_pin = [Refusal("E_CARD_WITHOUT_PIN", ("rules/42",))] * card.without_pin
    return (*card_at_hand_refusals(card.standing(reported_lost=facts.reported_lost), on), *without_pin)
